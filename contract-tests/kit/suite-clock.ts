import { setTimeout as sleep } from 'node:timers/promises';

/** Time as the target sees it: it passes by itself, and is moved on where the target's clock can be. Milliseconds. */
export interface SuiteClock {
  readonly isMovable: boolean;
  now(): number;
  /** Lets the target's time pass: by moving its clock, or else by waiting. */
  pass(ms: number, signal?: AbortSignal): Promise<void>;
  /** Waits in real time, for what the target does in the background. */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
}

export const createSuiteClock = (advance?: (ms: number) => Promise<void>): SuiteClock => {
  let aheadMs = 0;
  const pause = async (ms: number, signal?: AbortSignal): Promise<void> =>
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  return {
    isMovable: advance !== undefined,
    now: () => performance.now() + aheadMs,
    pass: async (ms, signal) => {
      if (advance === undefined) return await pause(ms, signal);
      // Clocks that can be moved count whole milliseconds.
      const wholeMs = Math.ceil(ms);
      // First, so that what arrives while the target's clock moves is not taken for earlier than it is.
      aheadMs += wholeMs;
      await advance(wholeMs);
    },
    pause,
  };
};
