import type { Duplex } from 'node:stream';
import type { Clock } from '../../shared/clock.ts';
import { errorCodes } from '../../shared/errors.ts';
import type { ContainerId } from '../../shared/ids.ts';
import type { ContainerSpec, Run } from '../port.ts';
import { isAddressTaken, isImageMissing, isNetworkMissing } from './answers.ts';
import type { DockerConnection, DockerInfo } from './connection.ts';
import { loadCommandLine, removeContainer, startAttached, toRefusal } from './container-api.ts';
import { type Launcher, toCreateOptions } from './create-options.ts';
import type { AttachOptions } from './dial.ts';
import { statusOf } from './docker-errors.ts';
import { refuseTakenAddress, tryAddresses } from './existing-network.ts';
import type { ProvidedImages } from './images/images.ts';
import type { Exits, InFlight, Orphans } from './in-flight.ts';
import { type ContainerContext, InstanceContainer } from './instance-container.ts';
import { namePrefix, type Session, toSessionLabels } from './labels.ts';
import { type HotContainer, launcherGreeting, startHotContainer } from './launcher/hot-container.ts';
import { createLauncherEnds } from './launcher/launcher-ends.ts';
import { type CreateContainer, makeLauncherVolume, type NamedOptions } from './launcher/volume.ts';
import type { Networks } from './networks.ts';
import type { Outages } from './run-output.ts';

export type SessionContainersParts = {
  readonly connection: DockerConnection;
  readonly info: DockerInfo;
  readonly session: Session;
  readonly graceClock: Clock;
  readonly exits: Exits;
  readonly outages: Outages;
  readonly orphans: Orphans;
  readonly inFlight: InFlight;
  readonly images: ProvidedImages;
  readonly networks: Networks;
  /** The engine's address that ports are published on. */
  readonly publishOn: string;
  /** Called once for each function that cannot be hot, with the reason. */
  readonly onNotHot: (functionId: ContainerId, reason: string) => void;
};

/** Makes containers: cold ones, which are to be started, and hot ones, which run behind the launcher. */
export class SessionContainers {
  readonly #parts: SessionContainersParts;
  readonly #context: ContainerContext;
  readonly #notHot = new Set<ContainerId>();
  readonly #wasHot = new Set<ContainerId>();
  readonly #waiting = new Set<string>();
  readonly #launcherEnds = createLauncherEnds((functionId, reason) => this.#giveUpOn(functionId, reason));
  #launcherVolume: Promise<string> | null = null;
  #serial = 0;
  readonly #tried = new Set<string>();

  constructor(parts: SessionContainersParts) {
    this.#parts = parts;
    const { connection, info, exits, graceClock } = parts;
    this.#context = {
      connection,
      info,
      exits,
      graceClock,
      outages: parts.outages,
      retired: new Set(),
      makeContainer: (spec, environment) =>
        this.#withImage(spec, (known) => this.#makeContainer(known, environment, null)),
      startContainer: (spec, dockerId) => this.#startContainer(spec, dockerId),
    };
  }

  /** Containers that were replaced and are on their way out. */
  get retired(): ReadonlySet<string> {
    return this.#context.retired;
  }

  /** Containers that run to the engine, but whose process still waits behind the launcher. */
  get waiting(): ReadonlySet<string> {
    return this.#waiting;
  }

  async make(spec: ContainerSpec, hot: boolean): Promise<InstanceContainer> {
    if (!hot || this.#notHot.has(spec.functionId)) return await this.#makeCold(spec);
    try {
      const launched = await this.#withImage(spec, (known) => this.#startLaunched(known));
      this.#wasHot.add(spec.functionId);
      const container = new InstanceContainer(spec, launched, this.#context);
      this.#launcherEnds.watch({ spec, exited: launched.exited, lost: container.lost });
      return container;
    } catch (error) {
      const refusal = toRefusal(this.#parts.connection, 'make', spec.name, error);
      // What could be once can be again, and what stands in its way now would stand in a cold one's.
      if (refusal.code === errorCodes.dockerUnreachable || this.#wasHot.has(spec.functionId)) throw refusal;
      // Where a cold one cannot be made either, it is not for being hot.
      const cold = await this.#makeCold(spec);
      this.#giveUpOn(spec.functionId, refusal.message);
      return cold;
    }
  }

  /** What ends with the connection to the engine says nothing of launchers. */
  engineWasAway(): void {
    this.#launcherEnds.engineWasAway();
  }

  #giveUpOn(functionId: ContainerId, reason: string): void {
    if (this.#notHot.has(functionId)) return;
    this.#notHot.add(functionId);
    this.#parts.onNotHot(functionId, reason);
  }

  async #makeCold(spec: ContainerSpec): Promise<InstanceContainer> {
    return new InstanceContainer(spec, await this.#context.makeContainer(spec, spec.environment), this.#context);
  }

  async #startLaunched(spec: ContainerSpec): Promise<HotContainer> {
    const { connection, exits, orphans, inFlight } = this.#parts;
    const [volume, commandLine] = await Promise.all([this.#provideLauncher(spec), loadCommandLine(connection, spec)]);
    const dockerId = await this.#makeContainer(spec, spec.environment, { volume, commandLine });
    return await inFlight.make(`container ${spec.name}`, async () => {
      try {
        const start = (id: string): Promise<Duplex> => this.#startContainer(spec, id, { stdin: true });
        return await startHotContainer(
          connection,
          exits,
          this.#waiting,
          start,
          dockerId,
          spec.publishedPorts.length > 0,
        );
      } catch (error) {
        // It would be in the way of the one that takes its place.
        await removeContainer(connection, dockerId).catch(() => orphans.add(dockerId));
        throw error;
      }
    });
  }

  /** Does the work with the image as the engine has it now; if that was removed, once it is there again. */
  async #withImage<Made>(spec: ContainerSpec, work: (spec: ContainerSpec) => Promise<Made>): Promise<Made> {
    const { images, inFlight } = this.#parts;
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

  /** Attaches to a container and then starts it, so that nothing it prints is missed. */
  #startContainer(spec: ContainerSpec, dockerId: string, options: AttachOptions = {}): Promise<Duplex> {
    return this.#withNetwork(spec, () => startAttached(this.#parts.connection, dockerId, options));
  }

  /** Does the work; if the container's network was removed, once more when that is made again. */
  async #withNetwork<Made>(spec: ContainerSpec, work: () => Promise<Made>): Promise<Made> {
    try {
      return await work();
    } catch (error) {
      if (isAddressTaken(error)) await this.#refuseTakenAddress('start', spec);
      if (!isNetworkMissing(error)) throw error;
      await this.#parts.networks.restore(spec);
      return await work();
    }
  }

  /** On a network that is not ours, others may take what they like. */
  async #refuseTakenAddress(verb: 'make' | 'start', spec: ContainerSpec): Promise<void> {
    const { connection, session, networks } = this.#parts;
    await refuseTakenAddress(connection, session, await networks.of(spec), verb, spec);
  }

  /** Tries once, on a container that is never started, whether the engine gives addresses of networks that were joined. */
  async tryAddresses(image: string): Promise<void> {
    const { connection, session, networks } = this.#parts;
    for (const network of await networks.all()) {
      if (network.joined === undefined || this.#tried.has(network.name)) continue;
      const { name } = network;
      const options = {
        Image: image,
        Cmd: ['true'],
        Labels: toSessionLabels(session),
        HostConfig: { NetworkMode: name },
      };
      const dockerId = await this.#create({ ...options, name: `${namePrefix(session)}-trial` });
      await tryAddresses(connection, network, network.joined, dockerId).finally(() =>
        removeContainer(connection, dockerId),
      );
      this.#tried.add(name);
    }
  }

  /** The container that an earlier process of the session has started, and its run. */
  async resume(
    spec: ContainerSpec,
    dockerId: string,
    isLaunched: boolean,
  ): Promise<{ container: InstanceContainer; run: Run }> {
    const container = new InstanceContainer(spec, dockerId, this.#context);
    try {
      return { container, run: await container.resume(isLaunched ? launcherGreeting : '') };
    } catch (error) {
      throw toRefusal(this.#parts.connection, 'resume', spec.name, error);
    }
  }

  #provideLauncher({ image }: ContainerSpec): Promise<string> {
    const { connection, session, info, inFlight } = this.#parts;
    const create: CreateContainer = (options) => this.#create(options);
    this.#launcherVolume ??= inFlight
      .make('the volume of the launcher', () =>
        makeLauncherVolume(connection, create, session, info.architecture, image),
      )
      .catch((error: unknown) => {
        this.#launcherVolume = null;
        throw error;
      });
    return this.#launcherVolume;
  }

  async #makeContainer(
    spec: ContainerSpec,
    environment: ContainerSpec['environment'],
    launcher: Launcher | null,
  ): Promise<string> {
    const { connection, info, session, orphans, inFlight, publishOn } = this.#parts;
    const network = await this.#parts.networks.of(spec);
    const options = toCreateOptions(spec, environment, { session, network, cpus: info.cpus, publishOn, launcher });
    return await inFlight.make(`container ${spec.name}`, async () => {
      try {
        // One that waits behind the launcher has its instance's addresses.
        await orphans.remove();
        if (network.joined !== undefined) await this.#refuseTakenAddress('make', spec);
        const name = `${namePrefix(session)}-${spec.name}`;
        // Docker misses a network only at the start.
        return await this.#withNetwork(spec, () => this.#create({ ...options, name }));
      } catch (error) {
        throw toRefusal(connection, 'make', spec.name, error);
      }
    });
  }

  /** Makes a container, under the name that was asked for with a number behind it, and answers its ID. */
  async #create(options: NamedOptions): Promise<string> {
    const { connection, orphans } = this.#parts;
    this.#serial += 1;
    const name = `${options.name}-${this.#serial}`;
    try {
      return (await connection.docker.createContainer({ ...options, name })).id;
    } catch (error) {
      // The connection broke: it may have been made all the same.
      if (statusOf(error) === null) orphans.add(name);
      throw error;
    }
  }
}
