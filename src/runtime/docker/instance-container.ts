import type { Duplex } from 'node:stream';
import type { Clock } from '../../shared/clock.ts';
import type { OverridableContainer, StartOverrides } from '../planned-ends.ts';
import type { ContainerSpec, Exit, RemoveOptions, Run, StopPolicy } from '../port.ts';
import { hasEnded, isContainerMissing } from './answers.ts';
import type { DockerConnection, DockerInfo } from './connection.ts';
import { loadPublishedPorts, removeContainer, signalContainer, toFailedStart, toRefusal } from './container-api.ts';
import { startGrace } from './grace.ts';
import { type Exits, unknownExit } from './in-flight.ts';
import { keepContainer } from './labels.ts';
import { type HotContainer, launcherGreeting } from './launcher/hot-container.ts';
import { parseFrames } from './output.ts';
import { type Outages, readAttached, readResumed } from './run-output.ts';
import { bringAbout, withOverrides } from './start-overrides.ts';

type Variables = Readonly<Record<string, string>>;

/** What a container needs of the runtime that made it. */
export type ContainerContext = {
  readonly connection: DockerConnection;
  readonly info: DockerInfo;
  readonly exits: Exits;
  /** What the grace of a stop goes by. */
  readonly graceClock: Clock;
  readonly outages: Outages;
  /** IDs of containers that were replaced and are not removed yet, of all instances. */
  readonly retired: Set<string>;
  /** Makes a container and answers its ID. */
  makeContainer(spec: ContainerSpec, environment: Variables): Promise<string>;
  /** Starts a container and answers a stream of its output that was there before. */
  startContainer(spec: ContainerSpec, dockerId: string): Promise<Duplex>;
};

/** The container of an instance, which a start with other variables replaces. */
export class InstanceContainer implements OverridableContainer {
  readonly spec: ContainerSpec;
  readonly lost: Promise<string>;
  readonly #context: ContainerContext;
  readonly #launched: HotContainer | null;
  #dockerId: string;
  /** Replaced containers; each entry settles when its removal has succeeded or failed. */
  readonly #retired = new Map<string, Promise<void>>();
  #starting: Promise<Run> | null = null;
  #exited: Promise<Exit> | null = null;
  #stopping: Promise<void> | null = null;
  #removing: Promise<void> | null = null;
  #isLost = false;

  /** @param container the ID of one that was made, or one that runs behind the launcher */
  constructor(spec: ContainerSpec, container: string | HotContainer, context: ContainerContext) {
    this.spec = spec;
    this.#launched = typeof container === 'string' ? null : container;
    this.#dockerId = typeof container === 'string' ? container : container.dockerId;
    this.#context = context;
    this.lost = this.#watch(this.#launched?.exited ?? context.exits.expect(this.#dockerId));
  }

  get hot(): boolean {
    return this.#launched !== null;
  }

  get dockerId(): string {
    return this.#dockerId;
  }

  async start(environment: Variables, overrides?: StartOverrides): Promise<Run> {
    if (this.#starting)
      throw new Error(`Container ${this.spec.name} was started before: a container runs at most once`);
    this.#starting = this.#start(environment, overrides).catch((error: unknown) => {
      throw toRefusal(this.#context.connection, 'start', this.spec.name, error);
    });
    return await this.#starting;
  }

  /**
   * Takes over the run that another process has begun in the container, or its end.
   *
   * @param greeting what was printed on stderr before the function
   */
  resume(greeting: string): Promise<Run> {
    this.#starting = this.#resume(greeting);
    return this.#starting;
  }

  stop(policy: StopPolicy = this.spec.stop): Promise<void> {
    this.#stopping ??= this.#stop(policy)
      .catch((error: unknown) => {
        throw toRefusal(this.#context.connection, 'stop', this.spec.name, error);
      })
      .finally(() => {
        this.#stopping = null;
      });
    return this.#stopping;
  }

  remove({ keep = false }: RemoveOptions = {}): Promise<void> {
    this.#removing ??= this.#remove(keep).catch((error: unknown) => {
      this.#removing = null;
      throw toRefusal(this.#context.connection, 'remove', this.spec.name, error);
    });
    return this.#removing;
  }

  /** Until it is started or removed, a prepared container may end or go by itself. */
  #watch(gone: Promise<Exit>): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    void gone.then(() => {
      if (this.#starting !== null || this.#removing !== null) return;
      this.#isLost = true;
      resolve(
        `container ${this.spec.name} was removed or ended by hand, or by a restart of Docker, before it was started`,
      );
    });
    return promise;
  }

  async #resume(greeting: string): Promise<Run> {
    const { connection, exits } = this.#context;
    const dockerId = this.#dockerId;
    const exited = exits.expect(dockerId);
    this.#exited = exited;
    // After it is awaited: an end is reported by the engine's event or found here.
    const { State } = await connection.docker.getContainer(dockerId).inspect();
    if (hasEnded(State.Status)) exits.settle(dockerId, { code: State.ExitCode, outOfMemory: State.OOMKilled });
    const hasPorts = !hasEnded(State.Status) && this.spec.publishedPorts.length > 0;
    const publishedPorts = hasPorts ? await loadPublishedPorts(connection, dockerId) : {};
    return { dockerId, exited, publishedPorts, output: readResumed(this.#context, dockerId, exited, greeting) };
  }

  async #start(environment: Variables, overrides?: StartOverrides): Promise<Run> {
    const opened = overrides === undefined ? await this.#openLauncher(environment) : null;
    return opened ?? (await this.#startCold(environment, overrides));
  }

  /** Null where there is no launcher, or none that could give the function exactly this environment. */
  async #openLauncher(environment: Variables): Promise<Run | null> {
    const launched = this.#launched;
    if (launched === null || !isLaidOver(environment, this.spec.environment)) return null;
    const printed = await launched.open(this.spec.name, environment);
    if (printed === null) return null;
    const { dockerId, exited, publishedPorts } = launched;
    this.#exited = exited;
    return {
      dockerId,
      exited,
      publishedPorts,
      output: readAttached(this.#context, dockerId, exited, printed, launcherGreeting),
    };
  }

  async #startCold(environment: Variables, overrides?: StartOverrides): Promise<Run> {
    const { connection } = this.#context;
    const spec = overrides === undefined ? this.spec : await withOverrides(connection, this.spec, overrides);
    const isPrepared = spec === this.spec && !this.hot && !this.#isLost && isEqual(environment, spec.environment);
    if (!isPrepared) await this.#replace(spec, environment);
    try {
      return await this.#startPresent(overrides);
    } catch (error) {
      // Removed by hand at this very moment: an equal one does as well.
      if (!isPrepared || !isContainerMissing(error)) throw error;
      await this.#replace(spec, environment);
      return await this.#startPresent(overrides);
    }
  }

  async #startPresent(overrides?: StartOverrides): Promise<Run> {
    const { connection, exits, startContainer } = this.#context;
    const dockerId = this.#dockerId;
    const exited = exits.expect(dockerId);
    this.#exited = exited;
    const stream = await startContainer(this.spec, dockerId).catch(async (error: unknown) => {
      // Nothing runs, so there is no end to wait for.
      this.#exited = null;
      exits.settle(dockerId, unknownExit);
      throw await toFailedStart(connection, dockerId, this.spec.name, error);
    });
    if (overrides?.end !== undefined) void bringAbout(connection, dockerId, overrides.end, exited);
    const publishedPorts = this.spec.publishedPorts.length > 0 ? await loadPublishedPorts(connection, dockerId) : {};
    const output = readAttached(this.#context, dockerId, exited, parseFrames(stream));
    return { dockerId, exited, publishedPorts, output };
  }

  /**
   * A container's variables are fixed when it is made: other ones need another container. It takes over the prepared
   * one's addresses, which the engine hands out only at start, so the prepared one may go later.
   */
  async #replace(spec: ContainerSpec, environment: Variables): Promise<void> {
    const { connection, makeContainer, retired } = this.#context;
    const prepared = this.#dockerId;
    // One behind the launcher has the addresses already.
    if (this.hot) await removeContainer(connection, prepared);
    this.#dockerId = await makeContainer(spec, environment);
    retired.add(prepared);
    const removal = removeContainer(connection, prepared).then(
      () => this.#forget(prepared),
      // No caller waits for it here; `remove` tries again and reports.
      () => undefined,
    );
    this.#retired.set(prepared, removal);
  }

  async #stop({ signals, graceMs }: StopPolicy): Promise<void> {
    await this.#starting?.catch(() => undefined);
    const { connection, exits, graceClock } = this.#context;
    const exited = this.#exited;
    if (!exited || !exits.isExpected(this.#dockerId)) return;
    // PARITY: the first signal has the whole grace; what the platform does with further ones is unknown.
    const [signal] = signals;
    if (signal !== undefined) {
      // Before the signal is on its way: it counts from when the stop was asked for.
      using grace = startGrace(graceClock, graceMs);
      await signalContainer(connection, this.#dockerId, signal);
      if (await Promise.race([exited.then(() => true), grace.over.then(() => false)])) return;
    }
    await signalContainer(connection, this.#dockerId, 'SIGKILL');
    await exited;
  }

  async #remove(keep: boolean): Promise<void> {
    await this.#starting?.catch(() => undefined);
    const { connection } = this.#context;
    await Promise.all(this.#retired.values());
    const remove = async (dockerId: string): Promise<void> => {
      await removeContainer(connection, dockerId);
      this.#forget(dockerId);
    };
    await Promise.all([...this.#retired.keys()].map(remove));
    if (!(keep && (await keepContainer(connection, this.#dockerId)))) await remove(this.#dockerId);
  }

  #forget(retiredId: string): void {
    this.#retired.delete(retiredId);
    this.#context.retired.delete(retiredId);
  }
}

/**
 * Whether the variables only add to the ones a container was made with, or change those: the launcher takes none away.
 * An empty HOME, too, is for the engine to fill.
 */
const isLaidOver = (over: Variables, under: Variables): boolean =>
  Object.keys(under).every((key) => Object.hasOwn(over, key)) && over['HOME'] !== '';

const isEqual = (left: Variables, right: Variables): boolean => {
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => left[key] === right[key]);
};
