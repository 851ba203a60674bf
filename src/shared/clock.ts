/** A pending alarm. Cancelling one that has rung, or cancelling twice, does nothing. */
export type Alarm = { cancel(): void };

/** Where all time comes from, so that tests and users can move it. Times are milliseconds since the epoch. */
export interface Clock {
  now(): number;
  /** Calls `ring` once the clock shows `at` or later; never before the caller's own code has finished. */
  alarm(at: number, ring: () => void): Alarm;
}

/** The end of the year 9999: RFC 3339, in which times are written, has four digits for a year. */
const lastTime = Date.UTC(10_000, 0) - 1;

/** Where a clock can be moved to: a year is left for what runs on from there. */
export const latestTime = Date.UTC(9_999, 0) - 1;

/** Whether it is a moment, as every part counts them: a whole number of milliseconds since the epoch, to the year 9999. */
export const isTime = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= lastTime;

/** The longest delay `setTimeout` takes; a longer one would fire at once. */
const longestDelayMs = 2 ** 31 - 1;

/** Does not jump when the machine's time is set: a lease is ten seconds, by any calendar. */
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
