import type { Alarm, MovableClock } from '../../src/shared/clock.ts';
import type { Fn } from './model.ts';
import type { Rules } from './rules.ts';

/** What all rules work on. */
export type Reference = {
  readonly accessKey: string;
  readonly clock: MovableClock;
  readonly functions: Fn[];
  readonly rules: Rules;
  /** Like the clock's, but ends with the reference scheduler. */
  readonly alarm: (afterMs: number, ring: () => void) => Alarm;
};
