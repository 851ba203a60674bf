import type { Logged } from './model.ts';
import { store } from './store.ts';
import { follow, openStream } from './streams.ts';

/** As many as the emulator remembers. */
const most = 1_000;

/** How long the stream stays open after the last look: a browser has few connections, and shares them among its tabs. */
const idleMs = 2_000;

/** The requests of the emulator, the oldest first; followed while they are shown. */
class RequestLog {
  all: Logged[] = [];
  #session: string | undefined;
  #followed: AbortController | undefined;
  #leaving: ReturnType<typeof setTimeout> | undefined;

  /** To be called with each rendering that shows them. */
  look(): void {
    const { session } = store.state ?? {};
    if (this.#session !== session) {
      // Another emulator counts from 1 again.
      this.#leave();
      this.all = [];
      this.#session = session;
    }
    clearTimeout(this.#leaving);
    this.#leaving = setTimeout(() => this.#leave(), idleMs);
    this.#followed ??= follow({
      open: (signal) => openStream('/_emulator/requests', signal, this.all.at(-1)?.id),
      take: ({ data }) => this.#add(JSON.parse(data)),
    });
  }

  #leave(): void {
    this.#followed?.abort();
    this.#followed = undefined;
  }

  #add(request: Logged): void {
    this.all.push(request);
    if (this.all.length > most) this.all.shift();
  }
}

export const requestLog = new RequestLog();
