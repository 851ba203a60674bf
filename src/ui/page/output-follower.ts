import { ApiError } from './api.ts';
import { OutputLines, type StreamName } from './output-lines.ts';
import { store } from './store.ts';
import { follow, openStream, type StreamEvent } from './streams.ts';

const toBytes = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** Reads what an instance prints, run after run, until it is closed. It reads on while nothing is shown: no run waits for it. */
export class OutputFollower {
  readonly #id: string;
  readonly #changed: () => void;
  readonly output = new OutputLines();
  readonly #followed: AbortController;
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
      if (instanceId === id && name === 'instance.claimed') this.#claim.resolve();
    });
    this.#followed = follow({
      open: (signal) => this.#open(signal),
      take: (event) => this.#take(event),
      ended: () => {
        this.#say('No run goes on; the next one is followed.');
        return this.#claim.promise;
      },
      lost: (error) =>
        this.#say(error instanceof ApiError ? error.message : 'The connection broke; it is tried again.'),
    });
  }

  close(): void {
    this.#leave();
    this.#followed.abort();
    this.#claim.resolve();
  }

  /** The output of a run, from its beginning. */
  async #open(signal: AbortSignal): Promise<Response> {
    // Here already: a claim that comes while this run is read is not waited for in vain.
    this.#claim = Promise.withResolvers();
    const response = await openStream(`/_emulator/instances/${this.#id}/logs?follow=true`, signal);
    const run = response.headers.get('Run');
    if (run === this.#run) this.output.readAgain();
    else if (this.#run !== null) this.output.beginRun();
    this.#run = run;
    this.#say('Follows.');
    return response;
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
