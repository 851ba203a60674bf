/** A pending alarm. Cancelling one that has rung, or cancelling twice, does nothing. */
export type Alarm = { cancel(): void };

/** Where all time comes from, so that tests and users can move it. Times are milliseconds since the epoch. */
export interface Clock {
  now(): number;
  /** Calls `ring` once the clock shows `at` or later; never before the caller's own code has finished. */
  alarm(at: number, ring: () => void): Alarm;
}

/** The longest delay `setTimeout` takes; a longer one would fire at once. */
const longestDelayMs = 2 ** 31 - 1;

/** Does not jump when the machine's time is set: a lease is ten seconds, whatever the calendar does meanwhile. */
const now = (): number => Math.floor(performance.timeOrigin + performance.now());

export const systemClock: Clock = {
  now,
  alarm: (at, ring) => {
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const delayMs = at - now();
      timer = delayMs > longestDelayMs ? setTimeout(arm, longestDelayMs) : setTimeout(ring, Math.max(0, delayMs));
    };
    arm();
    return { cancel: () => clearTimeout(timer) };
  },
};
