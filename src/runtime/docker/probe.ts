import type { Duplex } from 'node:stream';
import type { ContainerSpec } from '../port.ts';
import { toProbeOptions } from './containers/create-options.ts';
import type { SessionContainers } from './containers/session-containers.ts';
import { statusOf } from './engine/docker-errors.ts';
import { parseFrames } from './engine/output.ts';

/** Numbers of requests are their source ports, too. */
const mostNumbers = 0x8000;
const answerBytes = 3;

/** What runs in the container, as probe.c says. */
export class Probe {
  /** Resolves with whether it ever answered. */
  readonly ended: Promise<boolean>;
  readonly #stream: Duplex;
  readonly #pending = new Map<number, (accepts: boolean | null) => void>();
  #last = 0;

  /** @param stream the process's stdin, and its output in frames */
  constructor(stream: Duplex) {
    this.#stream = stream;
    this.ended = this.#read();
  }

  /** Null where the probe has ended. */
  ask(ipv4: string, port: number): Promise<boolean | null> {
    const request = Buffer.alloc(8);
    this.#last = (this.#last + 1) % mostNumbers;
    const number = this.#last;
    Buffer.from(ipv4.split('.').map(Number)).copy(request);
    request.writeUInt16BE(port, 4);
    request.writeUInt16BE(number, 6);
    return new Promise((resolve) => {
      if (!this.#stream.writable) return resolve(null);
      this.#pending.set(number, resolve);
      this.#stream.write(request);
    });
  }

  async #read(): Promise<boolean> {
    let hasAnswered = false;
    try {
      let bytes = Buffer.alloc(0);
      for await (const { stream, data } of parseFrames(this.#stream)) {
        if (stream !== 'stdout') continue;
        hasAnswered = true;
        bytes = Buffer.concat([bytes, data]);
        for (; bytes.length >= answerBytes; bytes = bytes.subarray(answerBytes)) {
          this.#settle(bytes.readUInt16BE(0), bytes[2] === 1);
        }
      }
    } catch {
      // The connection broke, which is an end like another.
    }
    this.#stream.destroy();
    for (const number of this.#pending.keys()) this.#settle(number, null);
    return hasAnswered;
  }

  #settle(number: number, accepts: boolean | null): void {
    this.#pending.get(number)?.(accepts);
    this.#pending.delete(number);
  }
}

/**
 * Looks from inside the functions' networks, one container in each, made when it is first needed. A container of its own
 * rather than an `exec`: it answers in a millisecond, and needs nothing of the function's image, user, root or limits.
 */
export class Probes {
  readonly #containers: SessionContainers;
  readonly #byNetwork = new Map<string, Promise<Probe | null>>();
  #sample: ContainerSpec | null = null;

  constructor(containers: SessionContainers) {
    this.#containers = containers;
  }

  /** Any image will do, and only lends its name. */
  use(spec: ContainerSpec): void {
    this.#sample = spec;
  }

  /** Whether the port accepts; null where that cannot be seen, as on engines that allow no raw sockets. */
  async listens(ipv4: string, port: number): Promise<boolean | null> {
    if (this.#sample === null) return null;
    const { name } = await this.#containers.context.networks.of({ ...this.#sample, ipv4 });
    const known =
      this.#byNetwork.get(name) ??
      this.#start(this.#sample, name).catch((error: unknown) => {
        // What an engine refuses it would refuse again; one that is away may be back.
        if (statusOf(error) === null) this.#byNetwork.delete(name);
        return null;
      });
    this.#byNetwork.set(name, known);
    return (await (await known)?.ask(ipv4, port)) ?? null;
  }

  async #start(sample: ContainerSpec, network: string): Promise<Probe> {
    const containers = this.#containers;
    const { session, inFlight } = containers.context;
    const dockerId = await inFlight.make('the probe', () =>
      containers.withImage(sample, async (known) =>
        containers.create('probe', toProbeOptions(known, session, network, await containers.files.programs(known))),
      ),
    );
    const probe = await containers.startTalking(sample, { dockerId, sandbox: null }, (stream) => new Probe(stream));
    void probe.ended.then(async (hasAnswered) => {
      // With its engine, or by a person's hand; one that never answered would not the next time either.
      if (hasAnswered) this.#byNetwork.delete(network);
      await containers.removeOrphan(dockerId);
    });
    return probe;
  }
}
