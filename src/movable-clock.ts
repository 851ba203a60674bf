import { type Alarm, type Clock, systemClock } from './clock.ts';

/** A clock that can be moved on by hand, whether it runs by itself meanwhile or is frozen. */
export type MovableClock = Clock & {
  /**
   * Moves on by `ms`, stopping at each alarm that falls due on the way: it rings at its own time and in its order, also
   * one that was set while doing so. After each, `settle` is awaited; without it, everything that follows without
   * waiting for the outside.
   */
  advance(ms: number, settle?: () => Promise<void>): Promise<void>;
  /** Stands still until `resume`; `advance` moves it all the same. */
  freeze(): void;
  /** Runs again from the time it shows, at the speed of real time. */
  resume(): void;
  readonly frozen: boolean;
};

type Setting = { readonly at: number; readonly ring: () => void };

/** A running clock that starts at the present or `aheadMs` after it, or a frozen one that starts at `frozenAt`. */
export const createMovableClock = (
  options: { readonly frozenAt?: number; readonly aheadMs?: number } = {},
): MovableClock => {
  const alarms = new Set<Setting>();
  let frozenAt = options.frozenAt;
  /** How far this clock is ahead of the real one while it runs. */
  let { aheadMs = 0 } = options;
  let wake: Alarm | undefined;

  const now = (): number => frozenAt ?? systemClock.now() + aheadMs;
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
    wake = due === undefined || frozenAt !== undefined ? undefined : systemClock.alarm(due.at - aheadMs, ringDue);
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
      for (let due = next(); due !== undefined && due.at <= until; due = next()) {
        setTo(Math.max(now(), due.at));
        ringDue();
        await settle();
      }
      setTo(Math.max(now(), until));
      ringDue();
      await settle();
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

/** Lets promises that are settled already run their course. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
