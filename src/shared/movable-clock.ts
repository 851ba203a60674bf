import { type Alarm, type Clock, isTime, latestTime, systemClock } from './clock.ts';
import { EmulatorError, errorCodes } from './errors.ts';

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
    advance: async (ms, settle = settled) => {
      // What was asked for before belongs to the time before: its alarms count from there.
      await settled();
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

/** Lets promises that are settled already run their course. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
