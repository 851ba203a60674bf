import type { Duplex } from 'node:stream';
import type { ContainerCreateOptions } from 'dockerode';
import type { Clock } from '../../shared/clock.ts';
import { errorCodes, hasCode } from '../../shared/errors.ts';
import type { PublishedPorts } from '../../shared/types.ts';
import type { ContainerSpec, Exit } from '../port.ts';
import type { DockerConnection, DockerInfo } from './connection.ts';
import { loadPublishedPorts, removeContainer, startAttached, toRefusal, unknownExit } from './container-api.ts';
import { ContainerFiles } from './container-files.ts';
import { type CreateContext, type Launcher, toCreateOptions, toSandboxOptions } from './create-options.ts';
import type { AttachOptions } from './dial.ts';
import { statusOf } from './docker-errors.ts';
import { tryAddresses } from './existing-network.ts';
import type { Exits } from './exits.ts';
import type { ProvidedImages } from './images.ts';
import type { InFlight } from './in-flight.ts';
import { namePrefix, type Session, toSessionLabels } from './labels.ts';
import type { Networks } from './networks.ts';
import type { Outages } from './run-output.ts';
import type { Sandbox } from './sandbox/sandbox.ts';

/** What all parts of a runtime share. */
export type RuntimeContext = {
  readonly connection: DockerConnection;
  readonly info: DockerInfo;
  readonly session: Session;
  readonly exits: Exits;
  readonly inFlight: InFlight;
  readonly outages: Outages;
  readonly images: ProvidedImages;
  readonly networks: Networks;
  /** What the grace of a stop goes by. */
  readonly graceClock: Clock;
  /** What looks at the engine go by. */
  readonly engineClock: Clock;
  /** The engine's address that ports are published on. */
  readonly publishOn: string;
};

/** A container that the engine has, and its end: of one that was never started, its removal. */
export type MadeContainer = {
  readonly dockerId: string;
  readonly exited: Promise<Exit>;
  /** Whose network it joins; null where it has its own. */
  readonly sandbox: Sandbox | null;
};

/**
 * An instance that waits in a sandbox has no container but that: its run's is made with the variables it then has, so that
 * none is made and removed in vain.
 */
export const waitIn = (sandbox: Sandbox): MadeContainer => ({
  dockerId: sandbox.dockerId,
  exited: sandbox.gone.then(() => unknownExit),
  sandbox,
});

export const waitsIn = ({ dockerId, sandbox }: MadeContainer): boolean => dockerId === sandbox?.dockerId;

/** What a container has beside what its spec says. */
type Extras = { readonly launcher?: Launcher | null; readonly sandbox?: Sandbox | null };

/** Makes, starts and removes a session's containers, also where their image or network was removed meanwhile. */
export class SessionContainers {
  readonly context: RuntimeContext;
  /**
   * Containers that the engine may have though no instance owns them, by ID or name: the connection broke before it could
   * say that it had made one, or before it had removed it.
   */
  readonly #orphans = new Set<string>();
  readonly #removals = new Map<string, Promise<void>>();
  /** Starts that callers wait for. */
  readonly starts = new Set<Promise<unknown>>();
  readonly #triedNetworks = new Set<string>();
  readonly #files = new ContainerFiles(this);
  #serial = 0;

  constructor(context: RuntimeContext) {
    this.context = context;
  }

  async make(
    spec: ContainerSpec,
    environment: ContainerSpec['environment'],
    { launcher = null, sandbox = null }: Extras = {},
  ): Promise<MadeContainer> {
    const mounts = await this.withImage(spec, (known) => this.#files.mountsFor(known));
    return await this.#make(spec, { sandbox }, (known, context) =>
      toCreateOptions(known, environment, { ...context, launcher, sandbox, mounts }),
    );
  }

  /** @param volume has the program that runs in it */
  makeSandbox(spec: ContainerSpec, volume: string, shimGroup: string): Promise<MadeContainer> {
    return this.#make(spec, { kind: '-sandbox' }, (known, context) =>
      toSandboxOptions(known, { ...context, volume, shimGroup }),
    );
  }

  #make(
    spec: ContainerSpec,
    { sandbox = null, kind = '' }: { readonly sandbox?: Sandbox | null; readonly kind?: string },
    toOptions: (spec: ContainerSpec, context: CreateContext) => ContainerCreateOptions,
  ): Promise<MadeContainer> {
    return this.withImage(spec, async (known) => {
      const { connection, info, session, inFlight, networks, publishOn } = this.context;
      const network = await networks.of(spec);
      const options = toOptions(known, { session, network, cpus: info.cpus, publishOn });
      const create = async (): Promise<string> => {
        const dockerId = await this.create(spec.name, options, kind);
        if (kind === '') await this.#files.put(dockerId, spec).catch((error) => this.#discard(dockerId, error));
        return dockerId;
      };
      return await inFlight.make(`container ${spec.name}`, async () => {
        try {
          if (sandbox !== null) return this.expect(await create(), sandbox);
          // One that waits behind the launcher has its instance's addresses.
          await this.removeOrphans();
          // Others may take what they like there, and the engine would notice it only at the start.
          if (network.joined !== undefined) await networks.restore(spec, 'make');
          // Docker misses a network only at the start.
          return this.expect(await this.#withNetwork(spec, 'make', create));
        } catch (error) {
          throw toRefusal(connection, 'make', spec.name, error);
        }
      });
    });
  }

  /** Makes a container, named so with a number and its kind behind it, and answers its ID. */
  async create(name: string, options: ContainerCreateOptions, kind = ''): Promise<string> {
    const { connection, session } = this.context;
    this.#serial += 1;
    const fullName = `${namePrefix(session)}-${name}-${this.#serial}${kind}`;
    try {
      return (await connection.docker.createContainer(inBody(fullName, options))).id;
    } catch (error) {
      // The connection broke: it may have been made all the same.
      if (statusOf(error) === null) this.#orphans.add(fullName);
      throw error;
    }
  }

  /** One that did not become what it should be goes before another is made in its place. */
  async #discard(dockerId: string, error: unknown): Promise<never> {
    await this.removeOrphan(dockerId);
    throw error;
  }

  /** Begins to await the end of a container that was made. */
  expect(dockerId: string, sandbox: Sandbox | null = null): MadeContainer {
    return { dockerId, exited: this.context.exits.expect(dockerId), sandbox };
  }

  /** Attaches to a container and then starts it, so that nothing it prints is missed. */
  start(spec: ContainerSpec, { dockerId, sandbox }: MadeContainer, options?: AttachOptions): Promise<Duplex> {
    const start = (): Promise<Duplex> => startAttached(this.context.connection, dockerId, options);
    return sandbox === null ? this.#withNetwork(spec, 'start', start) : start();
  }

  /** Takes note of a start that a caller waits for. */
  awaitedStart(run: Promise<unknown>): void {
    this.starts.add(run);
    void Promise.allSettled([run]).then(() => this.starts.delete(run));
  }

  /** Host port by container port of one that runs. */
  publishedPortsOf(spec: ContainerSpec, { dockerId, sandbox }: MadeContainer): Promise<PublishedPorts> {
    return sandbox?.publishedPorts ?? loadPublishedPorts(this.context.connection, dockerId, spec);
  }

  /** Removes a container, running or not; for all that ask at the same time once. */
  remove(dockerId: string): Promise<void> {
    const removal =
      this.#removals.get(dockerId) ??
      removeContainer(this.context.connection, dockerId).finally(() => this.#removals.delete(dockerId));
    this.#removals.set(dockerId, removal);
    return removal;
  }

  /** The same for one that no instance will remove. */
  async removeOrphan(dockerId: string): Promise<void> {
    this.#orphans.add(dockerId);
    await this.removeOrphans();
  }

  /** Those that cannot be removed now stay for the next time; in the end they go with the session. */
  async removeOrphans(): Promise<void> {
    for (const container of [...this.#orphans]) {
      await this.remove(container).then(
        () => this.#orphans.delete(container),
        () => undefined,
      );
    }
  }

  /** Does the work with the image as the engine has it now; if that was removed, once more when it is there again. */
  withImage<Made>(spec: ContainerSpec, work: (spec: ContainerSpec) => Promise<Made>): Promise<Made> {
    const { images } = this.context;
    const attempt = (): Promise<Made> => work({ ...spec, image: images.currentId(spec.image) });
    return againIfRestored(images, () => images.restore(spec.image), attempt);
  }

  /** Does the work; if the container's network was removed, once more when that is made again. */
  #withNetwork<Made>(spec: ContainerSpec, verb: 'make' | 'start', work: () => Promise<Made>): Promise<Made> {
    const { networks } = this.context;
    return againIfRestored(networks, () => networks.restore(spec, verb), work);
  }

  /** Tries once, on a container that is never started, whether the engine gives addresses of networks that were joined. */
  async tryAddresses(image: string): Promise<void> {
    const { connection, session, networks } = this.context;
    for (const network of await networks.all()) {
      const { name, joined } = network;
      if (joined === undefined || this.#triedNetworks.has(name)) continue;
      const HostConfig = { NetworkMode: name };
      const trial = { Image: image, Cmd: ['true'], Labels: toSessionLabels(session), HostConfig };
      const dockerId = await this.create('trial', trial);
      await tryAddresses(connection, network, joined, dockerId).finally(() => this.remove(dockerId));
      this.#triedNetworks.add(name);
    }
  }
}

/**
 * The client would write all options into the request's address as well: engines allow no more than a megabyte there, and
 * proxies may log what it has.
 */
const inBody = (name: string, _body: ContainerCreateOptions): ContainerCreateOptions => {
  const options: object = { _query: { name }, _body };
  return options;
};

/** What a container needs and a person may remove: how often one of them was made again. */
type Restored = { readonly restored: number };

/**
 * Does the work; where it is refused, once more if what it needs was missing. That is looked at, for each engine has words
 * of its own for it, and others who miss the same may have restored it before this look.
 */
const againIfRestored = async <Made>(
  things: Restored,
  restore: () => Promise<void>,
  work: () => Promise<Made>,
): Promise<Made> => {
  const before = things.restored;
  try {
    return await work();
  } catch (error) {
    if (statusOf(error) === null && !hasCode(error, errorCodes.containerRefused)) throw error;
    await restore();
    if (things.restored === before) throw error;
    return await work();
  }
};
