import { type Clock, systemClock } from '../../shared/clock.ts';
import { errorCodes, hasCode, toMessage } from '../../shared/errors.ts';
import { Listeners } from '../../shared/events.ts';
import type { InstanceId } from '../../shared/ids.ts';
import type { OverridableRuntime } from '../planned-ends.ts';
import type { ContainerSpec, PrepareOptions, ResumedRun, RuntimeEvent } from '../port.ts';
import { type InstanceContainer, prepareWithoutLauncher } from './containers/instance-container.ts';
import { type RuntimeContext, SessionContainers } from './containers/session-containers.ts';
import { connectDocker, type DockerInfo, describeDocker } from './engine/connection.ts';
import { toUnreachable } from './engine/docker-errors.ts';
import type { Endpoint } from './engine/endpoint.ts';
import { type DurableSession, labels } from './engine/labels.ts';
import { Outages } from './engine/output.ts';
import { startEvents } from './events.ts';
import { ProvidedImages } from './images/images.ts';
import { findElsewhere, Networks } from './networks/networks.ts';
import { Probes } from './probe.ts';
import { HotContainers } from './readiness/hot-containers.ts';
import { Sandboxes } from './readiness/sandboxes.ts';
import { resumeRuns } from './resume.ts';
import { Exits } from './session/exits.ts';
import { InFlight } from './session/in-flight.ts';
import { findOwnContainer, identifyThisProcess, toLife } from './session/owner.ts';
import { isNotKept, listResources, type Resource, removeResources } from './session/session-resources.ts';

export type DockerRuntimeOptions = {
  /** Which engine; without it the one that the docker CLI would use. See `loadEndpoint`. */
  readonly docker?: string | undefined;
  /** Unique among the sessions of an engine; letters, digits and dashes, for it is part of names. */
  readonly session: string;
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
  const { docker, session: id, version, durable = null, schedulerAddress = null } = options;
  const { graceClock = systemClock, engineClock = systemClock } = options;
  const connection = await connectDocker(docker);
  try {
    const [info, ownContainer] = await Promise.all([describeDocker(connection), findOwnContainer(connection)]);
    const owner = identifyThisProcess();
    const session = { id, version, owner, ownerContainer: ownContainer && toLife(ownContainer), durable };
    // In a container of that engine the emulator is beside its functions, wherever the engine is.
    const elsewhere = ownContainer === null ? await findElsewhere(connection.endpoint) : null;
    const inFlight = new InFlight();
    const context = {
      ...{ connection, info, session, inFlight, graceClock, engineClock },
      exits: new Exits(connection, id),
      outages: new Outages(),
      images: new ProvidedImages(connection, inFlight),
      networks: new Networks({ connection, session, inFlight, ownContainer, elsewhere, schedulerAddress }),
      publishOn: elsewhere?.publishOn ?? '127.0.0.1',
    };
    const runtime = new DockerRuntime(context, elsewhere?.host ?? '127.0.0.1');
    await runtime.follow();
    return runtime;
  } catch (error) {
    connection[Symbol.dispose]();
    throw toUnreachable(connection.endpoint, error);
  }
};

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

  constructor(context: RuntimeContext, publishedHost: string) {
    this.endpoint = context.connection.endpoint;
    this.engine = context.info;
    this.publishedHost = publishedHost;
    this.#context = context;
    this.#containers = new SessionContainers(context);
    this.#probes = new Probes(this.#containers);
    this.#sandboxes = new Sandboxes(this.#containers, (functionId, reason) =>
      this.#emit({ type: 'not-warm', functionId, reason }),
    );
    this.#hot = new HotContainers(this.#containers, (functionId, reason) =>
      this.#emit({ type: 'not-hot', functionId, reason }),
    );
  }

  /** Begins to follow the engine's events; before it no container may be made. */
  async follow(): Promise<void> {
    const emit = this.#emit.bind(this);
    const onCreated = this.#context.session.durable && this.#removeLatecomer.bind(this);
    const onDisconnected = (dockerId: string): void => {
      // What waits would start without its network. With a run, that may be wanted.
      if (this.#hot.waiting.has(dockerId)) void this.#context.exits.report(dockerId, null);
      this.#sandboxes.takenOff(dockerId);
    };
    this.#events = await startEvents(this.#context, { onCreated, onDisconnected, emit });
  }

  /** From now on, disposal removes what earlier processes of the session have left, too. */
  confirmResume(): void {
    this.#ownsEarlierEpochs = true;
  }

  prepareImage(...[source, policy, onProgress]: Parameters<OverridableRuntime['prepareImage']>): Promise<string> {
    const { inFlight, images } = this.#context;
    return inFlight.make('an image available', async (closing) => {
      const image = await images.provide({ source, policy, onProgress }, closing);
      await this.#containers.tryAddresses(image);
      return image;
    });
  }

  prepareNetwork(...asked: Parameters<Networks['prepare']>): ReturnType<Networks['prepare']> {
    return this.#context.networks.prepare(...asked);
  }

  async resume(wanted: Parameters<typeof resumeRuns>[2]): Promise<ReadonlyMap<InstanceId, ResumedRun>> {
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
    // A hot one waits for its sandbox, since its start takes longer anyway and it could not join one later.
    return await this.#sandboxes.prepare(spec, { warm, hasTime: hot }, (sandbox) =>
      hot ? this.#hot.prepare(spec, sandbox) : prepareWithoutLauncher(this.#containers, spec, sandbox),
    );
  }

  listens(ipv4: string, port: number): Promise<boolean | null> {
    return this.#probes.listens(ipv4, port);
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

  /** Removes a container that an earlier process asked for and the engine made only after that process was killed. */
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
