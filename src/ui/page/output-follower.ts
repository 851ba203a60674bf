import { ApiError, eventsIn, type StreamEvent, send } from './api.ts';
import { OutputLines, type StreamName } from './output-lines.ts';
import { store } from './store.ts';

const retryMs = 500;
/** Of an instance that is gone, or not there yet: each refusal is a line in the emulator's log. */
const refusedRetryMs = 5_000;

const toBytes = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** Reads what an instance prints, run after run, until it is closed. It reads on while nothing is shown: no run waits for it. */
export class OutputFollower {
  readonly #id: string;
  readonly #changed: () => void;
  readonly output = new OutputLines();
  readonly #closed = new AbortController();
  readonly #leave: () => void;
  #claim = Promise.withResolvers<void>();
  /** Which run was read last. */
  #run: string | null = null;
  /** How the reading goes, in a sentence. */
  status = 'Connecting.';

  constructor(id: string, changed: () => void) {
    this.#id = id;
    this.#changed = changed;
    this.#leave = store.onEvent(({ name, instance_id: instanceId }) => {
      if (instanceId !== id || name !== 'instance.claimed') return;
      this.#claim.resolve();
      this.#claim = Promise.withResolvers();
    });
    void this.#follow();
  }

  close(): void {
    this.#leave();
    this.#closed.abort();
    this.#claim.resolve();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      // From before the request on: a claim that comes while this run is read is not waited for in vain.
      const claimed = this.#claim.promise;
      try {
        await this.#read(signal);
        await claimed;
      } catch (error) {
        this.#say(error instanceof ApiError ? error.message : 'The connection broke; it is tried again.');
        const pauseMs = error instanceof ApiError ? refusedRetryMs : retryMs;
        await Promise.race([claimed, new Promise((resolve) => setTimeout(resolve, pauseMs))]);
      }
    }
  }

  /** Reads the output of a run, from its beginning, to its end. */
  async #read(signal: AbortSignal): Promise<void> {
    const headers = { Accept: 'text/event-stream' };
    const response = await send('GET', `/_emulator/instances/${this.#id}/logs?follow=true`, { signal, headers });
    const run = response.headers.get('Run');
    if (run === this.#run) this.output.readAgain();
    else if (this.#run !== null) this.output.beginRun();
    this.#run = run;
    this.#say('Follows.');
    for await (const piece of eventsIn(response)) this.#take(piece);
    this.#say('No run goes on; the next one is followed.');
  }

  #take({ event, data }: StreamEvent): void {
    if (event === 'missing') {
      const { stream, bytes }: { stream: StreamName; bytes: number | null } = JSON.parse(data);
      this.output.miss(stream, bytes);
    } else if (event === 'stdout' || event === 'stderr') this.output.append(event, toBytes(data));
    this.#changed();
  }

  #say(status: string): void {
    this.status = status;
    this.#changed();
  }
}
