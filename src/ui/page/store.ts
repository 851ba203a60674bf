import { ApiError, accessKey, api, takeCode } from './api.ts';
import { applyEvent, type EmulatorEvent, type Schemas, type State } from './model.ts';
import { follow, openStream } from './streams.ts';
import { update } from './view.ts';

/** How many events are kept for views, and how many are dropped at a time past that. */
const mostEvents = 2_000;
const droppedAtOnce = 500;
const clockEveryMs = 1_000;
/** How long an emulator may take to answer before it counts as gone. */
const answerWithinMs = 10_000;
/** From a change to a load of the state; and from one load to the next, more where loads take long: pools of thousands. */
const leastPauseMs = 150;
const usualPauseMs = 1_000;
const loadShare = 20;
/** One load may take long by chance: on a busy machine, or where the browser had to ask twice. */
const longestPauseMs = 5_000;

export type Connection = 'locked' | 'loading' | 'live' | 'gone';

/** All that views show. They read it when they are rendered, and change nothing in it. */
class Store {
  connection: Connection = 'loading';
  /** Why the key is asked for, or why the emulator is gone. */
  reason: string | null = null;
  /** Null until it was loaded once; it stays when the emulator is gone. */
  state: State | null = null;
  /** The last that happened, the oldest first. */
  events: EmulatorEvent[] = [];
  /** Whether another emulator answers than before; until its reader has seen it. */
  restarted = false;
  #clock = { shown: Date.now(), at: performance.now(), frozen: false };
  #lostAt: number | null = null;
  #loadedAt = 0;
  #loadTook = 0;
  #cursor = 0;
  readonly #stateListeners: ((state: State) => void)[] = [];
  readonly #eventListeners = new Set<(event: EmulatorEvent) => void>();
  #reload: ReturnType<typeof setTimeout> | undefined;
  #followed: AbortController | undefined;

  /** Calls the listener with each state that is loaded. */
  onState(listener: (state: State) => void): void {
    this.#stateListeners.push(listener);
  }

  /** Calls the listener with each event as it comes, those remembered from before the page first. */
  onEvent(listener: (event: EmulatorEvent) => void): () => void {
    this.#eventListeners.add(listener);
    return () => this.#eventListeners.delete(listener);
  }

  /** The emulator's time, in milliseconds since the epoch; the last that is known where it is gone. */
  now(): number {
    const { shown, at, frozen } = this.#clock;
    return frozen ? shown : shown + this.#present - at;
  }

  get #present(): number {
    return this.#lostAt ?? performance.now();
  }

  get frozen(): boolean {
    return this.#clock.frozen;
  }

  /** Milliseconds since the emulator was started, by the machine's clock. */
  get uptimeMs(): number {
    return (this.state?.uptime_ms ?? 0) + this.#present - this.#loadedAt;
  }

  setClock(clock: Schemas['Clock']): void {
    this.#clock = { shown: Date.parse(clock.now), at: performance.now(), frozen: clock.frozen };
    if (this.state !== null) this.state.clock = clock;
    update();
  }

  /** Loads the state soon, and once for many wishes: a pool of thousands takes the emulator some milliseconds. */
  reloadSoon(): void {
    // When it is seen again, it is loaded.
    if (document.hidden) return;
    const sinceLast = performance.now() - this.#loadedAt;
    const pauseMs = Math.min(Math.max(usualPauseMs, this.#loadTook * loadShare), longestPauseMs) - sinceLast;
    this.#reload ??= setTimeout(
      () => {
        this.#reload = undefined;
        if (this.connection === 'live') this.#load().catch(() => this.#follow());
      },
      Math.max(leastPauseMs, pauseMs),
    );
  }

  unlock(key: string): void {
    accessKey.set(key);
    this.#follow();
  }

  /** Connects with the key of this tab or of a link's code; asks for a key where there is none. */
  async open(): Promise<void> {
    try {
      await takeCode();
    } catch (error) {
      // Where a used link is opened again, the tab may have the key already.
      const reason = error instanceof ApiError ? error.message : 'The emulator has not answered. Enter an access key.';
      if (accessKey.get() === null) return this.#become('locked', reason);
    }
    if (accessKey.get() === null) this.#become('locked');
    else this.#follow();
  }

  /** Connects, and connects again for as long as the key is good. Where it has connected, that shows what is wrong. */
  #follow(): void {
    this.#followed?.abort();
    if (this.state === null) this.#become('loading');
    this.#followed = follow({
      open: async (signal) => {
        await this.#load();
        return await openStream('/_emulator/events?every=100', signal, this.#cursor);
      },
      take: ({ event: name, data }) => {
        // A gap in the cursors says it.
        if (name !== 'events.missed') this.#add(JSON.parse(data));
      },
      lost: (error) => this.#lose(error),
    });
  }

  /**
   * Keeps the clock right, which others move, too, and notices an emulator that is gone without a word. One question at a
   * time: each that fails connects again, and would break off the connection that the one before has begun.
   */
  async watchClock(): Promise<never> {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, clockEveryMs));
      if (this.connection !== 'live' || document.hidden) continue;
      try {
        const before = this.now();
        const clock = await api.get<Schemas['Clock']>('clock', AbortSignal.timeout(answerWithinMs));
        const jumped = Math.abs(Date.parse(clock.now) - before) > 2 * clockEveryMs;
        this.setClock(clock);
        if (jumped) this.reloadSoon();
      } catch {
        this.#follow();
      }
    }
  }

  async #load(): Promise<void> {
    const begun = performance.now();
    const state = await api.get<State>('state', AbortSignal.timeout(answerWithinMs));
    this.#loadTook = performance.now() - begun;
    const before = this.state;
    if (before !== null && before.session !== state.session) {
      this.restarted = true;
      this.events = [];
      this.#cursor = 0;
    }
    this.state = state;
    this.#loadedAt = performance.now();
    this.setClock(state.clock);
    for (const listener of this.#stateListeners) listener(state);
    // Those that came while it was on its way are not in it.
    for (const event of this.events) if (event.cursor > (state.cursor ?? 0)) applyEvent(state, event);
    this.#become('live');
  }

  #add(event: EmulatorEvent): void {
    this.#cursor = event.cursor;
    this.events.push(event);
    if (this.events.length > mostEvents) this.events.splice(0, droppedAtOnce);
    for (const listener of this.#eventListeners) listener(event);
    if (this.state !== null && event.cursor > (this.state.cursor ?? 0)) {
      applyEvent(this.state, event);
      this.reloadSoon();
    }
    update();
  }

  #lose(error: unknown): void {
    if (error instanceof ApiError && (error.status === 401 || error.code === '403.invalid-ip')) {
      accessKey.forget();
      this.#followed?.abort();
      this.#become('locked', error.message);
    } else this.#become('gone', error instanceof ApiError ? error.message : 'it does not answer');
  }

  #become(connection: Connection, reason: string | null = null): void {
    this.connection = connection;
    this.#lostAt = connection === 'gone' ? (this.#lostAt ?? performance.now()) : null;
    this.reason = reason;
    update();
  }
}

export const store = new Store();
