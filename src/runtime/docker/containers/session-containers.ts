import type { Duplex } from 'node:stream';
import type { ContainerCreateOptions } from 'dockerode';
import type { Clock } from '../../../shared/clock.ts';
import { errorCodes, hasCode } from '../../../shared/errors.ts';
import type { PublishedPorts } from '../../../shared/types.ts';
import type { ContainerSpec, Exit } from '../../port.ts';
import type { DockerConnection, DockerInfo } from '../engine/connection.ts';
import {
  type AttachOptions,
  loadPublishedPorts,
  removeContainer,
  startAttached,
  toRefusal,
  unknownExit,
} from '../engine/container-api.ts';
import { statusOf } from '../engine/docker-errors.ts';
import { namePrefix, type Session, toSessionLabels } from '../engine/labels.ts';
import type { Outages } from '../engine/output.ts';
import type { ProvidedImages } from '../images/images.ts';
import { tryAddresses } from '../networks/existing-network.ts';
import type { Networks } from '../networks/networks.ts';
import type { Exits } from '../session/exits.ts';
import type { InFlight } from '../session/in-flight.ts';
import { ContainerFiles } from './container-files.ts';
import { type CreateContext, type Launcher, toCreateOptions, toSandboxOptions } from './create-options.ts';
import type { Sandbox } from './sandbox.ts';

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
  /** Measures the grace of a stop. */
  readonly graceClock: Clock;
  /** Measures the pauses between looks at the engine. */
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
  readonly files = new ContainerFiles(this);
  #serial = 0;

  constructor(context: RuntimeContext) {
    this.context = context;
  }

  make(
    spec: ContainerSpec,
    environment: ContainerSpec['environment'],
    {
      launcher = null,
      sandbox = null,
    }: { readonly launcher?: Launcher | null; readonly sandbox?: Sandbox | null } = {},
  ): Promise<MadeContainer> {
    return this.#make(spec, sandbox, async (known, context) => {
      const mounts = await this.files.mountsFor(known);
      return toCreateOptions(known, environment, { ...context, launcher, sandbox, mounts });
    });
  }

  makeSandbox(spec: ContainerSpec, shimGroup: string): Promise<MadeContainer> {
    const toOptions = async (known: ContainerSpec, context: CreateContext) =>
      toSandboxOptions(known, context, await this.files.programs(known), shimGroup);
    return this.#make({ ...spec, files: [] }, null, toOptions, '-sandbox');
  }

  #make(
    spec: ContainerSpec,
    sandbox: Sandbox | null,
    toOptions: (spec: ContainerSpec, context: CreateContext) => Promise<ContainerCreateOptions>,
    kind = '',
  ): Promise<MadeContainer> {
    return this.withImage(spec, async (known) => {
      const { connection, info, session, inFlight, networks, publishOn } = this.context;
      const network = await networks.of(spec);
      const options = await toOptions(known, { session, network, cpus: info.cpus, publishOn });
      const create = async (): Promise<string> => {
        const dockerId = await this.create(spec.name, options, kind);
        try {
          await this.files.put(dockerId, spec);
          return dockerId;
        } catch (error) {
          // It goes before another is made in its place.
          await this.removeOrphan(dockerId);
          throw error;
        }
      };
      return await inFlight.make(`container ${spec.name}`, async () => {
        try {
          if (sandbox !== null) return this.expect(await create(), sandbox);
          // An orphan that waits behind the launcher would still have the instance's addresses.
          await this.removeOrphans();
          // Others may have taken the address there, and the engine would notice it only at the start.
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
    // Not the plain options: the client would write all into the request's address as well, of which engines allow no more
    // than a megabyte, and which proxies may log.
    const request: object = { _query: { name: fullName }, _body: options };
    try {
      return (await connection.docker.createContainer(request)).id;
    } catch (error) {
      // The connection broke: it may have been made all the same.
      if (statusOf(error) === null) this.#orphans.add(fullName);
      throw error;
    }
  }

  /** Begins to await the end of a container that was made. */
  expect(dockerId: string, sandbox: Sandbox | null = null): MadeContainer {
    return { dockerId, exited: this.context.exits.expect(dockerId), sandbox };
  }

  /** Attaches to a container and then starts it, so that nothing it prints is missed. */
  start(
    spec: ContainerSpec,
    { dockerId, sandbox }: Pick<MadeContainer, 'dockerId' | 'sandbox'>,
    options?: AttachOptions,
  ): Promise<Duplex> {
    const start = (): Promise<Duplex> => startAttached(this.context.connection, dockerId, options);
    return sandbox === null ? this.#withNetwork(spec, 'start', start) : start();
  }

  /** Starts one whose process is talked to over stdin; where that fails, it goes before another takes its place. */
  async startTalking<Partner>(
    spec: ContainerSpec,
    made: Pick<MadeContainer, 'dockerId' | 'sandbox'>,
    toPartner: (stream: Duplex) => Partner | Promise<Partner>,
  ): Promise<Partner> {
    return await this.context.inFlight.make(`container ${spec.name}`, async () => {
      try {
        return await toPartner(await this.start(spec, made, { stdin: true }));
      } catch (error) {
        await this.removeOrphan(made.dockerId);
        throw error;
      }
    });
  }

  awaitedStart(run: Promise<unknown>): void {
    this.starts.add(run);
    void Promise.allSettled([run]).then(() => this.starts.delete(run));
  }

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

  /** Tries once whether the engine gives addresses of networks that were joined: on a container that is never started. */
  async tryAddresses(image: string): Promise<void> {
    const { connection, session, networks } = this.context;
    for (const network of await networks.all()) {
      if (network.joined === undefined || this.#triedNetworks.has(network.name)) continue;
      const HostConfig = { NetworkMode: network.name };
      const trial = { Image: image, Cmd: ['true'], Labels: toSessionLabels(session), HostConfig };
      const dockerId = await this.create('trial', trial);
      await tryAddresses(connection, network.name, network.joined, dockerId).finally(() => this.remove(dockerId));
      this.#triedNetworks.add(network.name);
    }
  }
}

/**
 * Does the work; where it is refused, once more if what it needs was missing. That is looked at, for each engine has words
 * of its own for it, and others who miss the same may have restored it before this look.
 *
 * @param things images or networks, which count how often one of them was made again
 */
const againIfRestored = async <Made>(
  things: ProvidedImages | Networks,
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
