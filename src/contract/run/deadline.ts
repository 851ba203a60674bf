import type { Bounds } from '../options.ts';

/** The time after which a run tries nothing more. */
export interface Deadline {
  /** Aborts then. */
  readonly signal: AbortSignal;
  /** Why nothing more is tried; null while something is. */
  readonly passed: string | null;
}

/** With what is given back afterwards, a run by URL ends within 90 seconds. Where time is moved, nothing is waited for. */
export const usualSeconds = 75;

export const createDeadline = ({ maxSeconds }: Bounds, isMovable: boolean): Deadline => {
  const seconds = maxSeconds ?? (isMovable ? null : usualSeconds);
  const signal = seconds === null ? new AbortController().signal : AbortSignal.timeout(Math.ceil(seconds * 1_000));
  return {
    signal,
    get passed() {
      return signal.aborted ? `the run may take only ${seconds} s (--max-seconds)` : null;
    },
  };
};
