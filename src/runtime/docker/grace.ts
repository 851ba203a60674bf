import { type Clock, systemClock } from '../../shared/clock.ts';

export type Grace = Disposable & { readonly over: Promise<void> };

/**
 * The time between the signal and the kill. It is over when the clock shows so, which may be at once where a caller
 * moves that on, and at the latest when it has passed in real time: a process does not stand still with a frozen clock.
 */
export const startGrace = (clock: Clock, graceMs: number): Grace => {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const alarms = [clock, systemClock].map((of) => of.alarm(of.now() + graceMs, resolve));
  void over.then(() => cancel());
  const cancel = (): void => {
    for (const alarm of alarms) alarm.cancel();
  };
  return { over, [Symbol.dispose]: cancel };
};
