import type { Duplex } from 'node:stream';
import type { ContainerCreateOptions } from 'dockerode';
import type { Clock } from '../../shared/clock.ts';
import type { ContainerSpec } from '../port.ts';
import { isAddressTaken, isImageMissing, isNetworkMissing } from './answers.ts';
import type { DockerConnection, DockerInfo } from './connection.ts';
import { removeContainer, startAttached, toRefusal } from './container-api.ts';
import { type Launcher, toCreateOptions } from './create-options.ts';
import type { AttachOptions } from './dial.ts';
import { statusOf } from './docker-errors.ts';
import { refuseTakenAddress, tryAddresses } from './existing-network.ts';
import type { ProvidedImages } from './images/images.ts';
import type { Exits, InFlight, Orphans } from './in-flight.ts';
import { namePrefix, type Session, toSessionLabels } from './labels.ts';
import type { Networks } from './networks.ts';
import type { Outages } from './run-output.ts';

/** What all parts of a runtime share. */
export type RuntimeContext = {
  readonly connection: DockerConnection;
  readonly info: DockerInfo;
  readonly session: Session;
  readonly exits: Exits;
  readonly orphans: Orphans;
  readonly inFlight: InFlight;
  readonly outages: Outages;
  readonly images: ProvidedImages;
  readonly networks: Networks;
  /** What the grace of a stop goes by. */
  readonly graceClock: Clock;
  /** The engine's address that ports are published on. */
  readonly publishOn: string;
};

/** Makes, starts and replaces a session's containers, also where their image or network was removed meanwhile. */
export class ContainerFactory {
  readonly context: RuntimeContext;
  /** Containers that others have replaced, until they are gone; each entry settles when its removal succeeds or fails. */
  readonly #retired = new Map<string, Promise<unknown>>();
  readonly #triedNetworks = new Set<string>();
  #serial = 0;

  constructor(context: RuntimeContext) {
    this.context = context;
  }

  /** Makes a container and answers its ID. */
  make(
    spec: ContainerSpec,
    environment: ContainerSpec['environment'],
    launcher: Launcher | null = null,
  ): Promise<string> {
    return this.withImage(spec, async (known) => {
      const { connection, info, session, orphans, inFlight, networks, publishOn } = this.context;
      const network = await networks.of(spec);
      const options = toCreateOptions(known, environment, { session, network, cpus: info.cpus, publishOn, launcher });
      return await inFlight.make(`container ${spec.name}`, async () => {
        try {
          // One that waits behind the launcher has its instance's addresses.
          await orphans.remove();
          if (network.joined !== undefined) await this.#refuseTakenAddress('make', spec);
          // Docker misses a network only at the start.
          return await this.#withNetwork(spec, () => this.create(spec.name, options));
        } catch (error) {
          throw toRefusal(connection, 'make', spec.name, error);
        }
      });
    });
  }

  /** Makes a container, named so with a number behind it, and answers its ID. */
  async create(name: string, options: ContainerCreateOptions): Promise<string> {
    const { connection, session, orphans } = this.context;
    this.#serial += 1;
    const fullName = `${namePrefix(session)}-${name}-${this.#serial}`;
    try {
      return (await connection.docker.createContainer({ ...options, name: fullName })).id;
    } catch (error) {
      // The connection broke: it may have been made all the same.
      if (statusOf(error) === null) orphans.add(fullName);
      throw error;
    }
  }

  /** Attaches to a container and then starts it, so that nothing it prints is missed. */
  start(spec: ContainerSpec, dockerId: string, options?: AttachOptions): Promise<Duplex> {
    return this.#withNetwork(spec, () => startAttached(this.context.connection, dockerId, options));
  }

  /** Removes a container that another has replaced. No caller waits for it: `awaitRemoval` tries again and reports. */
  retire(dockerId: string): void {
    const removal = removeContainer(this.context.connection, dockerId).then(
      () => this.#retired.delete(dockerId),
      () => undefined,
    );
    this.#retired.set(dockerId, removal);
  }

  isRetired(dockerId: string): boolean {
    return this.#retired.has(dockerId);
  }

  async awaitRemoval(dockerId: string): Promise<void> {
    await this.#retired.get(dockerId);
    if (!this.isRetired(dockerId)) return;
    await removeContainer(this.context.connection, dockerId);
    this.#retired.delete(dockerId);
  }

  /** Does the work with the image as the engine has it now; if that was removed, once it is there again. */
  async withImage<Made>(spec: ContainerSpec, work: (spec: ContainerSpec) => Promise<Made>): Promise<Made> {
    const { images, inFlight } = this.context;
    const attempt = (): Promise<Made> => work({ ...spec, image: images.currentId(spec.image) });
    try {
      return await attempt();
    } catch (error) {
      if (!isImageMissing(error)) throw error;
      const isThere = await inFlight.make(`image ${spec.image}`, (closing) => images.provideAgain(spec.image, closing));
      if (!isThere) throw error;
      return await attempt();
    }
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
      await tryAddresses(connection, network, joined, dockerId).finally(() => removeContainer(connection, dockerId));
      this.#triedNetworks.add(name);
    }
  }

  /** Does the work; if the container's network was removed, once more when that is made again. */
  async #withNetwork<Made>(spec: ContainerSpec, work: () => Promise<Made>): Promise<Made> {
    try {
      return await work();
    } catch (error) {
      if (isAddressTaken(error)) await this.#refuseTakenAddress('start', spec);
      if (!isNetworkMissing(error)) throw error;
      await this.context.networks.restore(spec);
      return await work();
    }
  }

  /** On a network that is not ours, others may take what they like. */
  async #refuseTakenAddress(verb: 'make' | 'start', spec: ContainerSpec): Promise<void> {
    const { connection, session, networks } = this.context;
    await refuseTakenAddress(connection, session, await networks.of(spec), verb, spec);
  }
}
