import { ApiError, api, type Schemas } from './api.ts';
import { readEvents, type StreamEvent } from './event-stream.ts';
import { type OutputLine, OutputLines, type StreamName } from './output-lines.ts';
import { store } from './store.ts';

const retryMs = 500;

const toBytes = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** Reads what an instance prints, run after run, until it is closed. It reads on while nothing is shown: no run waits for it. */
export class OutputFollower {
  readonly #id: string;
  readonly #changed: () => void;
  readonly #output = new OutputLines();
  readonly #closed = new AbortController();
  readonly #leave: () => void;
  #claim = Promise.withResolvers<void>();
  /** Which run is read, and whether its output has ended. */
  #run: string | null = null;
  #hasEnded = false;
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

  get lines(): readonly OutputLine[] {
    return this.#output.lines;
  }

  get dropped(): number {
    return this.#output.dropped;
  }

  close(): void {
    this.#leave();
    this.#closed.abort();
    this.#claim.resolve();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      // From before the question on: what is claimed while it is asked is not waited for in vain.
      const claimed = this.#claim.promise;
      try {
        if (await this.#isAnotherRun(signal)) await this.#read(signal);
        else await claimed;
      } catch (error) {
        this.#say(error instanceof ApiError ? error.message : 'The connection broke; it is tried again.');
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  /** Whether there is a run to read on from, or from its beginning. */
  async #isAnotherRun(signal: AbortSignal): Promise<boolean> {
    const { run } = await api.get<Schemas['InstanceDetails']>(`instances/${this.#id}`, signal);
    const name = `${store.state?.session} ${run?.number ?? 0}`;
    if (name === this.#run) {
      if (this.#hasEnded) return false;
      this.#output.readAgain();
    } else if (this.#run !== null) this.#output.beginRun();
    this.#run = name;
    this.#hasEnded = false;
    return true;
  }

  async #read(signal: AbortSignal): Promise<void> {
    this.#say('Follows.');
    const path = `/_emulator/instances/${this.#id}/logs?follow=true`;
    for await (const piece of readEvents(path, { signal })) this.#take(piece);
    this.#hasEnded = true;
    this.#say('It has ended; that of the next run follows.');
  }

  #take({ event, data }: StreamEvent): void {
    if (event === 'missing') {
      const { stream, bytes }: { stream: StreamName; bytes: number | null } = JSON.parse(data);
      this.#output.miss(stream, bytes);
    } else if (event === 'stdout' || event === 'stderr') this.#output.append(event, toBytes(data));
    this.#changed();
  }

  #say(status: string): void {
    this.status = status;
    this.#changed();
  }
}
