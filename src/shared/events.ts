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

/** Something that happened, with its number, from 1. */
export type Numbered<Item> = { readonly number: number; readonly item: Item };

type Follower<Item> = { readonly emit: (numbered: Numbered<Item>) => void; readonly end: () => void };

/** The last of what happened, to be read after the fact or followed while it goes on. Bounded: the oldest go first. */
export class History<Item> {
  readonly #limit: number;
  readonly #kept: Numbered<Item>[] = [];
  readonly #followers = new Set<Follower<Item>>();
  #count = 0;
  #isOver = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(item: Item): void {
    this.#count += 1;
    const numbered = { number: this.#count, item };
    this.#kept.push(numbered);
    if (this.#kept.length > this.#limit) this.#kept.shift();
    for (const { emit } of this.#followers) emit(numbered);
  }

  /** The number of the latest; 0 where nothing has happened yet. */
  get latest(): number {
    return this.#count;
  }

  /** The number of the earliest that is kept, or of the next to come. */
  get earliest(): number {
    return this.#kept[0]?.number ?? this.#count + 1;
  }

  /** What is kept of all that came after that number. */
  after(number: number): readonly Numbered<Item>[] {
    return this.#kept.slice(Math.max(0, number + 1 - this.earliest));
  }

  /** Calls `emit` for each event to come, and `end` after the last, until the returned function is called. */
  follow(emit: (numbered: Numbered<Item>) => void, end: () => void): () => void {
    if (this.#isOver) {
      end();
      return () => {};
    }
    const follower = { emit, end };
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  end(): void {
    this.#isOver = true;
    for (const { end } of this.#followers) end();
    this.#followers.clear();
  }
}
