import type { Clock } from './clock.ts';

/** Waits on the clock; answers false, and at once, where a signal ends the wait. Infinity waits for a signal alone. */
export const pause = (clock: Clock, ms: number, ...signals: readonly AbortSignal[]): Promise<boolean> => {
  const ended = AbortSignal.any([...signals]);
  if (ended.aborted) return Promise.resolve(false);
  // No wait is no wait on a clock that stands still, either.
  if (ms <= 0) return Promise.resolve(true);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const alarm = Number.isFinite(ms) ? clock.alarm(clock.now() + ms, () => resolve(true)) : null;
  const giveUp = (): void => {
    alarm?.cancel();
    resolve(false);
  };
  ended.addEventListener('abort', giveUp, { once: true });
  return promise.finally(() => ended.removeEventListener('abort', giveUp));
};
