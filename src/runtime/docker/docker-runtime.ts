import { type Clock, systemClock } from '../../shared/clock.ts';
import { errorCodes, hasCode, toMessage } from '../../shared/errors.ts';
import { Listeners } from '../../shared/events.ts';
import type { InstanceId } from '../../shared/ids.ts';
import type { OverridableRuntime } from '../planned-ends.ts';
import type {
  ContainerSpec,
  EnvironmentNetwork,
  ImageProgress,
  ImageSource,
  PrepareOptions,
  PullPolicy,
  ResumedRun,
  ResumeRequest,
  RuntimeEvent,
} from '../port.ts';
import { connectDocker, type DockerConnection, type DockerInfo, describeDocker } from './connection.ts';
import { toUnreachable } from './docker-errors.ts';
import type { Endpoint } from './endpoint.ts';
import { startEvents } from './events.ts';
import { Exits } from './exits.ts';
import { ProvidedImages } from './images.ts';
import { InFlight } from './in-flight.ts';
import { type InstanceContainer, prepareCold } from './instance-container.ts';
import { type DurableSession, labels, type Session } from './labels.ts';
import { HotContainers } from './launcher/hot-containers.ts';
import { findElsewhere, Networks, type NetworksParts } from './networks.ts';
import { findOwnContainer, identifyThisProcess, toLife } from './owner.ts';
import { Probes } from './probe/probe.ts';
import { ProgramVolume } from './program-volume.ts';
import { resumeRuns } from './resume.ts';
import { Outages } from './run-output.ts';
import { Sandboxes } from './sandbox/sandboxes.ts';
import { type RuntimeContext, SessionContainers } from './session-containers.ts';
import { isNotKept, listResources, type Resource, removeResources } from './session-resources.ts';

export type DockerRuntimeOptions = {
  /** Which engine; without it the one that the docker CLI would use. See `loadEndpoint`. */
  readonly docker?: string | undefined;
  /** Unique among the sessions of an engine; letters, digits and dashes, for it is part of names. */
  readonly session: string;
  /** The emulator's version, for the labels. */
  readonly version: string;
  /** What `env-scheduler` stands for to functions; found out without it. */
  readonly schedulerAddress?: string | null;
  /** Set where the session outlives this process. */
  readonly durable?: DurableSession | undefined;
  /** What the grace of a stop goes by, which ends in real time at the latest: processes know nothing of a clock that is moved. */
  readonly graceClock?: Clock;
  /** What looks at the engine go by: real time, but where a test moves it. */
  readonly engineClock?: Clock;
};

/**
 * A runtime on a Docker engine. Everything it makes there carries the session's labels and is removed on disposal, also
 * what operations still under way make meanwhile. Of what earlier processes of a durable session have left, disposal
 * takes nothing before `confirmResume`: a start that fails must not end functions that run.
 *
 * @throws EmulatorError `dockerUnreachable`, `badOption`
 */
export const startDockerRuntime = async (options: DockerRuntimeOptions): Promise<DockerRuntime> => {
  const connection = await connectDocker(options.docker);
  try {
    const [info, ownContainer] = await Promise.all([describeDocker(connection), findOwnContainer(connection)]);
    const session = {
      id: options.session,
      version: options.version,
      owner: identifyThisProcess(),
      ownerContainer: ownContainer && toLife(ownContainer),
      durable: options.durable ?? null,
    };
    // In a container of that engine the emulator is beside its functions, wherever the engine is.
    const elsewhere = ownContainer === null ? await findElsewhere(connection.endpoint) : null;
    const place = { ownContainer, elsewhere, schedulerAddress: options.schedulerAddress ?? null };
    const { graceClock = systemClock, engineClock = systemClock } = options;
    const runtime = new DockerRuntime(connection, info, session, { graceClock, engineClock }, place);
    await runtime.follow();
    return runtime;
  } catch (error) {
    connection[Symbol.dispose]();
    throw toUnreachable(connection.endpoint, error);
  }
};

/** Where the emulator and its engine are, one seen from the other. */
type Place = Pick<NetworksParts, 'ownContainer' | 'elsewhere' | 'schedulerAddress'>;

type Clocks = Pick<RuntimeContext, 'graceClock' | 'engineClock'>;

/** Made by `startDockerRuntime`. */
export class DockerRuntime implements OverridableRuntime {
  readonly kind = 'docker';
  readonly publishedHost: string;
  /** The engine that was found, for printing. */
  readonly engine: DockerInfo;
  /** Where it is, for other users of the engine. */
  readonly endpoint: Endpoint;
  readonly #context: RuntimeContext;
  readonly #containers: SessionContainers;
  readonly #probes: Probes;
  readonly #sandboxes: Sandboxes;
  readonly #hot: HotContainers;
  readonly #listeners = new Listeners<RuntimeEvent>();
  /** The containers of earlier processes that run on; resolves when they are known. */
  readonly #resumed = Promise.withResolvers<ReadonlySet<string>>();
  #events: AsyncDisposable | null = null;
  #ownsEarlierEpochs = false;
  #disposing: Promise<void> | null = null;

  constructor(connection: DockerConnection, info: DockerInfo, session: Session, clocks: Clocks, place: Place) {
    const inFlight = new InFlight();
    this.endpoint = connection.endpoint;
    this.engine = info;
    this.publishedHost = place.elsewhere?.host ?? '127.0.0.1';
    this.#context = {
      connection,
      info,
      session,
      exits: new Exits(connection, session.id),
      inFlight,
      outages: new Outages(),
      images: new ProvidedImages(connection, inFlight),
      networks: new Networks({ connection, session, inFlight, ...place }),
      ...clocks,
      publishOn: place.elsewhere?.publishOn ?? '127.0.0.1',
    };
    this.#containers = new SessionContainers(this.#context);
    this.#probes = new Probes(this.#containers);
    const volume = new ProgramVolume(this.#containers);
    this.#sandboxes = new Sandboxes(this.#containers, volume, (functionId, reason) =>
      this.#emit({ type: 'not-warm', functionId, reason }),
    );
    this.#hot = new HotContainers(this.#containers, volume, (functionId, reason) =>
      this.#emit({ type: 'not-hot', functionId, reason }),
    );
  }

  /** Begins to follow the engine's events; before it no container may be made. */
  async follow(): Promise<void> {
    const emit = (event: RuntimeEvent): void => this.#emit(event);
    const onCreated = this.#context.session.durable && this.#removeLatecomer.bind(this);
    const onDisconnected = (dockerId: string): void => {
      // What waits would start without its network. With a run, that may be wanted.
      if (this.#hot.waiting.has(dockerId)) void this.#context.exits.report(dockerId, null);
      this.#sandboxes.takenOff(dockerId);
    };
    const heard = { onCreated, onDisconnected, emit };
    this.#events = await startEvents(this.#context, heard);
  }

  /** From now on, disposal removes what earlier processes of the session have left, too. */
  confirmResume(): void {
    this.#ownsEarlierEpochs = true;
  }

  prepareImage(
    source: ImageSource,
    policy: PullPolicy,
    onProgress: (progress: ImageProgress) => void,
  ): Promise<string> {
    const { inFlight, images } = this.#context;
    return inFlight.make('an image available', async (closing) => {
      const image = await images.provide({ source, policy, onProgress }, closing);
      await this.#containers.tryAddresses(image);
      return image;
    });
  }

  prepareNetwork(...asked: Parameters<Networks['prepare']>): Promise<EnvironmentNetwork> {
    return this.#context.networks.prepare(...asked);
  }

  async resume(wanted: readonly ResumeRequest[]): Promise<ReadonlyMap<InstanceId, ResumedRun>> {
    const { connection, session, inFlight } = this.#context;
    if (session.durable === null) return new Map();
    try {
      const runs = await inFlight.make('ready the containers of earlier runs', () =>
        resumeRuns(this.#containers, this.#sandboxes, wanted),
      );
      this.#resumed.resolve(new Set([...runs.values()].map(({ container }) => container.dockerId)));
      return runs;
    } catch (error) {
      throw toUnreachable(connection.endpoint, error);
    }
  }

  async prepare(spec: ContainerSpec, { hot = false, warm = false }: PrepareOptions = {}): Promise<InstanceContainer> {
    this.#probes.use(spec);
    // A hot one takes its time anyway, and has nothing to become later.
    return await this.#sandboxes.prepare(spec, { warm, hasTime: hot }, (sandbox) =>
      hot ? this.#hot.prepare(spec, sandbox) : prepareCold(this.#containers, spec, sandbox),
    );
  }

  async listens(ipv4: string, port: number): Promise<boolean | null> {
    return await this.#probes.listens(ipv4, port);
  }

  subscribe(listener: (event: RuntimeEvent) => void): () => void {
    return this.#listeners.add(listener);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposing ??= this.#dispose();
    return this.#disposing;
  }

  async #dispose(): Promise<void> {
    const { connection, session, inFlight, networks, exits } = this.#context;
    await inFlight.close();
    try {
      const left = (await listResources(connection, session.id)).filter(isNotKept);
      const own = this.#ownsEarlierEpochs ? left : left.filter(this.#isOfThisEpoch.bind(this));
      await removeResources(connection, own).catch((error: unknown) => {
        if (!hasCode(error, errorCodes.networkStuck)) throw error;
        this.#emit({ type: 'network-left', reason: toMessage(error) });
      });
      await networks.leave();
    } catch (error) {
      throw toUnreachable(connection.endpoint, error);
    } finally {
      await this.#events?.[Symbol.asyncDispose]();
      // Their containers are gone, and with the events every other report of how they ended.
      exits.giveUp();
      connection[Symbol.dispose]();
    }
  }

  #isOfThisEpoch({ session }: Resource): boolean {
    return session.durable?.epoch === this.#context.session.durable?.epoch;
  }

  /** A process that is killed may have asked for a container that the engine makes only then, in vain. */
  async #removeLatecomer(dockerId: string, { [labels.epoch]: epoch }: Readonly<Record<string, string>>): Promise<void> {
    if (epoch === String(this.#context.session.durable?.epoch)) return;
    if ((await this.#resumed.promise).has(dockerId)) return;
    await this.#containers.removeOrphan(dockerId);
  }

  #emit(event: RuntimeEvent): void {
    if (event.type === 'unavailable') this.#hot.engineWasAway();
    if (event.type === 'available') void this.#containers.removeOrphans();
    this.#context.outages.on(event);
    this.#listeners.emit(event);
  }
}
