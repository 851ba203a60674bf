import { setTimeout as sleep } from 'node:timers/promises';

/** Time as the target sees it: it passes by itself, and is moved on where the target's clock can be. Milliseconds. */
export interface SuiteClock {
  readonly isMovable: boolean;
  now(): number;
  /** Lets the target's time pass: by moving its clock, or else by waiting. */
  pass(ms: number, signal?: AbortSignal): Promise<void>;
  /** Waits in real time, for what the target does in the background; longer by as much as this process is late meanwhile. */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
  /** Asks again until the answer is yes, for so long, and longer by as much as this process is late meanwhile. */
  until(isSo: () => boolean | Promise<boolean>, withinMs: number, signal?: AbortSignal): Promise<boolean>;
  /** How late this process has been so far, in all that it was to do. */
  lateMs(): number;
}

export const createSuiteClock = (
  advance?: (ms: number) => Promise<void>,
  lateMs: SuiteClock['lateMs'] = () => 0,
): SuiteClock => {
  let aheadMs = 0;
  const wait = async (ms: number, signal?: AbortSignal): Promise<void> =>
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  const pause: SuiteClock['pause'] = async (ms, signal) => {
    const leftMs = countDown(ms, lateMs);
    for (let left = ms; left >= 1; left = leftMs()) await wait(left, signal);
  };
  return {
    isMovable: advance !== undefined,
    now: () => performance.now() + aheadMs,
    pass: async (ms, signal) => {
      if (advance === undefined) return await wait(ms, signal);
      // Clocks that can be moved count whole milliseconds.
      const wholeMs = Math.ceil(ms);
      // First, so that what arrives while the target's clock moves is not taken for earlier than it is.
      aheadMs += wholeMs;
      await advance(wholeMs);
    },
    pause,
    until: async (isSo, withinMs, signal) => {
      const leftMs = countDown(withinMs, lateMs);
      for (let pauseMs = 5; ; pauseMs = Math.min(2 * pauseMs, 250)) {
        // The last look comes after the whole time, however slow this machine is; one that takes so long has waited itself.
        const [isLast, lookedAt] = [leftMs() <= 0, performance.now()];
        if (await isSo()) return true;
        if (isLast || performance.now() - lookedAt >= withinMs) return false;
        await wait(pauseMs, signal);
      }
    },
    lateMs,
  };
};

/** How much is left of so much time from now on, of which what this process is late does not count. */
const countDown = (ms: number, lateMs: SuiteClock['lateMs']): (() => number) => {
  const [begunAt, lateBefore] = [performance.now(), lateMs()];
  return () => ms - (performance.now() - begunAt) + (lateMs() - lateBefore);
};

const beatMs = 20;
/** By so much timers are late on a quiet machine, too. */
const usualMs = 5;

/** Measures by how much this process's own timers are late: a machine that is busy with others delays all it observes. */
export const measureLateness = () => {
  let [ms, lastAt] = [0, performance.now()];
  const sinceLast = (): number => Math.max(0, performance.now() - lastAt - beatMs - usualMs);
  const beat = setInterval(() => {
    ms += sinceLast();
    lastAt = performance.now();
  }, beatMs).unref();
  return {
    get ms() {
      return ms + sinceLast();
    },
    [Symbol.dispose]: () => clearInterval(beat),
  };
};
