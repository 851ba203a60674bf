import { addAbortListener } from 'node:events';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { EmulatorError, errorCodes } from './errors.ts';

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

/** A clock that can be moved on by hand, whether it runs by itself meanwhile or is frozen. */
export type MovableClock = Clock & {
  /**
   * Moves on by `ms`, stopping at each alarm that falls due on the way: it rings at its own time and in its order, also
   * one that was set while doing so. After each, `settle` is awaited; without it, everything that follows without
   * waiting for the outside.
   *
   * @throws EmulatorError `badOption` where it is no whole number of milliseconds, or leads past the year 9998
   */
  advance(ms: number, settle?: () => Promise<void>): Promise<void>;
  /** Stands still until `resume`; `advance` moves it all the same. */
  freeze(): void;
  /** Runs again from the time it shows, at the speed of real time. */
  resume(): void;
  readonly frozen: boolean;
};

type Setting = { readonly at: number; readonly ring: () => void };

/**
 * A running clock that starts at the present or `aheadMs` after it, or a frozen one that starts at `frozenAt`.
 *
 * @throws EmulatorError `badOption` where that is no time
 */
export const createMovableClock = (
  options: { readonly frozenAt?: number; readonly aheadMs?: number } = {},
): MovableClock => {
  const alarms = new Set<Setting>();
  let frozenAt = options.frozenAt;
  /** How far this clock is ahead of the real one while it runs. */
  let { aheadMs = 0 } = options;
  /** Set while the clock is being moved. */
  let heldAt: number | undefined;
  let wake: Alarm | undefined;

  const now = (): number => heldAt ?? frozenAt ?? systemClock.now() + aheadMs;
  if (!isTime(now())) throw refuse(`make a clock that shows ${now()}`);
  const next = (): Setting | undefined => {
    let first: Setting | undefined;
    for (const alarm of alarms) if (first === undefined || alarm.at < first.at) first = alarm;
    return first;
  };
  const setTo = (time: number): void => {
    if (frozenAt !== undefined) frozenAt = time;
    else aheadMs = time - systemClock.now();
  };
  const ringDue = (): void => {
    for (let due = next(); due !== undefined && due.at <= now(); due = next()) {
      alarms.delete(due);
      due.ring();
    }
    rearm();
  };
  const rearm = (): void => {
    wake?.cancel();
    const due = next();
    wake =
      due === undefined || frozenAt !== undefined || heldAt !== undefined
        ? undefined
        : systemClock.alarm(due.at - aheadMs, ringDue);
  };

  return {
    now,
    alarm: (at, ring) => {
      const alarm = { at, ring };
      alarms.add(alarm);
      rearm();
      return {
        cancel: () => {
          if (alarms.delete(alarm)) rearm();
        },
      };
    },
    get frozen() {
      return frozenAt !== undefined;
    },
    advance: async (ms, settle = turnOfTheLoop) => {
      // What was asked for before belongs to the time before: its alarms count from there.
      await turnOfTheLoop();
      const until = now() + ms;
      if (!Number.isSafeInteger(ms) || ms < 0 || until > latestTime) throw refuse(`advance the clock by ${ms} ms`);
      try {
        // Time stands still at each alarm, so that what it sets going counts from there and not from a moment later.
        for (let due = next(); due !== undefined && due.at <= until; due = next()) {
          heldAt = Math.max(now(), due.at);
          ringDue();
          await settle();
        }
        heldAt = until;
        ringDue();
        await settle();
      } finally {
        heldAt = undefined;
        setTo(until);
        ringDue();
      }
    },
    freeze: () => {
      frozenAt ??= now();
      rearm();
    },
    resume: () => {
      if (frozenAt === undefined) return;
      aheadMs = frozenAt - systemClock.now();
      frozenAt = undefined;
      rearm();
    },
  };
};

const refuse = (what: string): EmulatorError =>
  new EmulatorError(
    errorCodes.badOption,
    `Failed to ${what}: time is counted in whole milliseconds, moves forward, and ends at ${new Date(latestTime).toISOString()}. Give a whole number from 0 that leads no further.`,
  );

/** Keeps one alarm set for the earliest time asked for. One that rings too early is harmless: the next is set then. */
export class AlarmClock {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #set: { readonly at: number; readonly alarm: Alarm } | null = null;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Ensures that the alarm rings at `at` or before; null asks for nothing. */
  setFor(at: number | null): void {
    // An earlier alarm stays: setting it again for every claim would cost more than one ring for nothing.
    if (at === null || (this.#set !== null && this.#set.at <= at)) return;
    this.cancel();
    const alarm = this.#clock.alarm(at, () => {
      this.#set = null;
      this.#ring();
    });
    this.#set = { at, alarm };
  }

  cancel(): void {
    this.#set?.alarm.cancel();
    this.#set = null;
  }
}

/** Waits on the clock; answers false, and at once, where a signal ends the wait. Infinity waits for a signal alone. */
export const pause = async (clock: Clock, ms: number, ...signals: readonly AbortSignal[]): Promise<boolean> => {
  const ended = AbortSignal.any([...signals]);
  if (ended.aborted) return false;
  // No wait is no wait on a clock that stands still, either.
  if (ms <= 0) return true;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const alarm = Number.isFinite(ms) ? clock.alarm(clock.now() + ms, () => resolve(true)) : null;
  using _listening = addAbortListener(ended, () => {
    alarm?.cancel();
    resolve(false);
  });
  return await promise;
};
