import type { Alarm, Clock } from './clock.ts';

/** A clock that moves only when told to. */
export type ManualClock = Clock & {
  /** Moves on by `ms`, ringing each alarm that falls due at its own time, in order; also those set while doing so. */
  advance(ms: number): void;
};

export const createManualClock = (startMs: number): ManualClock => {
  let nowMs = startMs;
  const alarms = new Set<{ readonly at: number; readonly ring: () => void }>();
  const nextDue = (untilMs: number) =>
    [...alarms].filter(({ at }) => at <= untilMs).sort((one, other) => one.at - other.at)[0];
  return {
    now: () => nowMs,
    alarm: (at, ring): Alarm => {
      const alarm = { at, ring };
      alarms.add(alarm);
      return { cancel: () => alarms.delete(alarm) };
    },
    advance: (ms) => {
      const untilMs = nowMs + ms;
      for (let due = nextDue(untilMs); due !== undefined; due = nextDue(untilMs)) {
        alarms.delete(due);
        nowMs = Math.max(nowMs, due.at);
        due.ring();
      }
      nowMs = untilMs;
    },
  };
};
