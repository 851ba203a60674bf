import type { Bounds } from '../model/options.ts';

/** The time after which a run tries nothing more. */
export interface Deadline {
  /** Aborts then. */
  readonly signal: AbortSignal;
  /** Why nothing more is tried; null while something is. */
  readonly passed: string | null;
}

/**
 * With what is given back afterwards, a run by URL ends within 90 seconds and the time to explore. Where time is moved,
 * nothing is waited for.
 */
export const usualSeconds = 78;

/** `spentMs` of the time have passed already: a target may be slow to answer whether it is there at all. */
export const createDeadline = (
  { maxSeconds }: Bounds,
  { isMovable, exploreSeconds }: { readonly isMovable: boolean; readonly exploreSeconds: number },
  spentMs: number,
): Deadline => {
  const seconds = maxSeconds ?? (isMovable ? null : usualSeconds + exploreSeconds);
  const left = (seconds ?? 0) * 1_000 - spentMs;
  const signal = seconds === null ? new AbortController().signal : AbortSignal.timeout(Math.max(0, Math.ceil(left)));
  return {
    signal,
    get passed() {
      return signal.aborted ? `the run may take only ${seconds} s (--max-seconds)` : null;
    },
  };
};
