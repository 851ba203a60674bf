import { readEvents } from './api.ts';
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
  #left = new AbortController();
  #leaving: ReturnType<typeof setTimeout> | undefined;
  #isFollowing = false;

  /** To be called with each rendering that shows them. */
  look(): void {
    // Another emulator counts from 1 again.
    if (this.#session !== store.state?.session) this.all = [];
    this.#session = store.state?.session;
    clearTimeout(this.#leaving);
    this.#leaving = setTimeout(() => this.#left.abort(), idleMs);
    if (!this.#isFollowing && store.connection === 'live') void this.#follow();
  }

  async #follow(): Promise<void> {
    this.#isFollowing = true;
    this.#left = new AbortController();
    const { signal } = this.#left;
    try {
      const headers = { 'Last-Event-ID': String(this.all.at(-1)?.id ?? 0) };
      const events = readEvents('/_emulator/requests', { headers, signal });
      this.problem = null;
      for await (const { data } of events) this.#add(JSON.parse(data));
    } catch (error) {
      if (!signal.aborted) this.problem = error;
    }
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, retryMs));
    this.#isFollowing = false;
  }

  #add(request: Logged): void {
    this.all.push(request);
    if (this.all.length > most) this.all.shift();
  }
}

export const requestLog = new RequestLog();
