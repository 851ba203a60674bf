import { type ErrorAnswer, errorAnswer } from '../http/answers.ts';
import type { Controlled } from './control-target.ts';

type Events = Pick<Controlled['events'], 'earliest' | 'latest'>;

/**
 * What is wrong with a cursor, by the one definition for `after` and `Last-Event-ID`: null where it is 0 or the number of
 * an event. Our choice: a number that no event has had yet comes from another emulator, and is refused.
 */
export const findCursorFault = (cursor: number, { latest }: Events): ErrorAnswer | null =>
  cursor <= latest
    ? null
    : errorAnswer('422.invalid-argument', 'Invalid argument', {
        detail: `There is no event ${cursor} yet: the latest is ${latest}. Use a cursor that this emulator has answered.`,
      });

/** How many events after the cursor are remembered no more. */
export const countMissed = (cursor: number, { earliest }: Events): number => Math.max(0, earliest - cursor - 1);
