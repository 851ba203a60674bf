import { readEvents } from './event-stream.ts';
import type { Logged } from './model.ts';
import { store } from './store.ts';

/** As many as the emulator remembers. */
const most = 1_000;

/** How long the stream stays open after the last look: a browser has few connections, and shares them among its tabs. */
const idleMs = 2_000;

const retryMs = 1_000;

/** The requests of the emulator, the oldest first; followed while they are shown. */
class RequestLog {
  all: Logged[] = [];
  problem: unknown = null;
  #session: string | undefined;
  #isFollowing = false;
  #lookedAt = 0;
  #triedAt = -retryMs;

  /** To be called with each rendering that shows them. */
  look(): void {
    // Another emulator counts from 1 again.
    if (this.#session !== store.state?.session) this.all = [];
    this.#session = store.state?.session;
    this.#lookedAt = performance.now();
    const isDue = this.#lookedAt - this.#triedAt > retryMs;
    if (!this.#isFollowing && isDue && store.connection === 'live') void this.#follow();
  }

  async #follow(): Promise<void> {
    this.#isFollowing = true;
    this.#triedAt = performance.now();
    const left = new AbortController();
    const watch = setInterval(() => {
      if (performance.now() - this.#lookedAt > idleMs) left.abort();
    }, idleMs / 2);
    try {
      const headers = { 'Last-Event-ID': String(this.all.at(-1)?.id ?? 0) };
      const events = readEvents('/_emulator/requests', { headers, signal: left.signal });
      this.problem = null;
      for await (const { data } of events) this.#add(JSON.parse(data));
    } catch (error) {
      if (!left.signal.aborted) this.problem = error;
    } finally {
      clearInterval(watch);
      this.#isFollowing = false;
    }
  }

  #add(request: Logged): void {
    this.all.push(request);
    if (this.all.length > most) this.all.shift();
  }
}

export const requestLog = new RequestLog();
