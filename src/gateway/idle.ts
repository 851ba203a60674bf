import { AlarmClock, type Clock } from '../shared/clock.ts';
import { GatewayFailure } from './failure.ts';

type Idle = { readonly idleMs: number | null; readonly clock: Clock };

type Watch = {
  readonly signal: AbortSignal;
  /** To be called for each piece that comes or goes. */
  readonly moved: () => void;
  readonly stop: () => void;
};

/** Aborts once nothing has moved for so long. The alarm stays where it is set until it rings: pieces are many. */
export const abortWhenIdle = ({ idleMs, clock }: Idle): Watch => {
  const controller = new AbortController();
  if (idleMs === null) return { signal: controller.signal, moved: () => {}, stop: () => {} };
  let dueAt = clock.now() + idleMs;
  const alarm = new AlarmClock(clock, () => {
    if (clock.now() < dueAt) return alarm.setFor(dueAt);
    controller.abort(
      new GatewayFailure('timeout_idle', 504, `No byte came or went for ${idleMs / 1000} s, the idle time-out.`),
    );
  });
  alarm.setFor(dueAt);
  return {
    signal: controller.signal,
    moved: () => {
      dueAt = clock.now() + idleMs;
    },
    stop: () => alarm.cancel(),
  };
};
