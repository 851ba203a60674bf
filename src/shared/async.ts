import { addAbortListener } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** What `make` makes, once it is asked for, and the same from then on. */
export const lazily = <Value>(make: () => Value): (() => Value) => {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

/** The work's result, or the signal's reason as soon as it aborts. */
export const unlessAborted = async <Result>(
  signal: AbortSignal | undefined,
  work: Promise<Result>,
): Promise<Result> => {
  // What the work fails with after an abort is the abort's own doing.
  work.catch(() => {});
  if (signal === undefined) return await work;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  using _listening = addAbortListener(signal, () => reject(signal.reason));
  return await Promise.race([work, aborted]);
};

/** Resolves when the work does, and after so many milliseconds of real time at the latest. */
export const atMost = async (ms: number, work: Promise<unknown>): Promise<void> => {
  const done = new AbortController();
  const over = sleep(ms, undefined, { signal: done.signal }).catch(() => {});
  await Promise.race([work, over]).finally(() => done.abort());
};

/** Wakes all that wait for a change, each time there is one. */
export class Bell {
  #rings = Promise.withResolvers<void>();

  /** Resolves when it rings for the next time. */
  get rings(): Promise<void> {
    return this.#rings.promise;
  }

  ring(): void {
    this.#rings.resolve();
    this.#rings = Promise.withResolvers<void>();
  }
}
