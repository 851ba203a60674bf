import { addAbortListener } from 'node:events';
import { Bell, unlessAborted } from './async.ts';

/** Listeners of one kind of event, each called for itself. */
export class Listeners<Event> {
  readonly #listeners = new Set<(event: Event) => void>();

  /** Calls the listener for each event until the returned function is called. */
  add(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What a listener throws is its own: it comes up outside, and neither the emitter nor the other listeners see it. */
  emit(event: Event): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

/** What happens, to be listened to, iterated over or waited for. */
export type EventStream<Event> = AsyncIterable<Event> & {
  /** Calls the listener for each event until the returned function is called. */
  subscribe(listener: (event: Event) => void): () => void;
  /**
   * Resolves with the first event from now on that fits; rejects when the source ends before one came, or with the
   * signal's reason when it aborts.
   */
  waitFor(fits: (event: Event) => boolean, options?: { readonly signal?: AbortSignal }): Promise<Event>;
};

/** The sending end; `end` ends every iteration and every wait. */
export type EventSource<Event> = EventStream<Event> & { emit(event: Event): void; end(): void };

export const createEventSource = <Event>(): EventSource<Event> => {
  const listeners = new Listeners<Event>();
  const ended = new AbortController();

  const subscribe = (listener: (event: Event) => void): (() => void) => listeners.add(listener);

  /** Listens from the call on, not from the first `next`: what happens in between is not lost. */
  const iterate = (): AsyncIterator<Event, void> => {
    const waiting: Event[] = [];
    const news = new Bell();
    const unsubscribe = subscribe((event) => {
      waiting.push(event);
      news.ring();
    });
    const listening = addAbortListener(ended.signal, () => news.ring());
    const stop = (): { done: true; value: undefined } => {
      unsubscribe();
      listening[Symbol.dispose]();
      return { done: true, value: undefined };
    };
    return {
      next: async () => {
        while (waiting.length === 0 && !ended.signal.aborted) await news.rings;
        const value = waiting.shift();
        return value === undefined ? stop() : { done: false, value };
      },
      return: () => Promise.resolve(stop()),
    };
  };

  return {
    subscribe,
    emit: (event) => listeners.emit(event),
    end: () =>
      ended.abort(new Error('Failed to wait for an event: the emulator has stopped. Wait before stopping it.')),
    waitFor: async (fits, { signal } = {}) => {
      const { promise, resolve, reject } = Promise.withResolvers<Event>();
      const unsubscribe = subscribe((event) => {
        try {
          if (!fits(event)) return;
          resolve(event);
        } catch (error) {
          reject(error);
        }
        unsubscribe();
      });
      const over = AbortSignal.any(signal === undefined ? [ended.signal] : [ended.signal, signal]);
      return await unlessAborted(over, promise).finally(unsubscribe);
    },
    [Symbol.asyncIterator]: iterate,
  };
};
