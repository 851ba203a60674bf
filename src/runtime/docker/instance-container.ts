import { type Clock, systemClock } from '../../shared/clock.ts';
import type { OverridableContainer, StartOverrides } from '../planned-ends.ts';
import type { ContainerSpec, Exit, RemoveOptions, Run, StopPolicy } from '../port.ts';
import { hasEnded, isContainerMissing } from './answers.ts';
import { loadPublishedPorts, removeContainer, signalContainer, toFailedStart, toRefusal } from './container-api.ts';
import type { ContainerFactory, RuntimeContext } from './container-factory.ts';
import { unknownExit } from './in-flight.ts';
import { keepContainer } from './labels.ts';
import { type HotContainer, launcherGreeting } from './launcher/hot-container.ts';
import { parseFrames } from './output.ts';
import { readAttached, readResumed } from './run-output.ts';
import { bringAbout, withOverrides } from './start-overrides.ts';

type Variables = Readonly<Record<string, string>>;

/** Until it is started or removed, a prepared container may end or go by itself: then it is lost. */
type State = { readonly phase: 'prepared' | 'lost' } | { readonly phase: 'started'; readonly starting: Promise<Run> };

/** The container of an instance, which a start with other variables replaces. */
export class InstanceContainer implements OverridableContainer {
  readonly spec: ContainerSpec;
  readonly lost: Promise<string>;
  readonly #factory: ContainerFactory;
  readonly #context: RuntimeContext;
  readonly #launched: HotContainer | null;
  #dockerId: string;
  readonly #replaced: string[] = [];
  #state: State = { phase: 'prepared' };
  /** The end of its process; null where none may have been started. */
  #exited: Promise<Exit> | null = null;
  #stopping: Promise<void> | null = null;
  #removing: Promise<void> | null = null;

  /** @param container the ID of one that was made, or one that runs behind the launcher */
  constructor(spec: ContainerSpec, container: string | HotContainer, factory: ContainerFactory) {
    this.spec = spec;
    this.#factory = factory;
    this.#context = factory.context;
    this.#launched = typeof container === 'string' ? null : container;
    this.#dockerId = typeof container === 'string' ? container : container.dockerId;
    this.lost = this.#watch(this.#launched?.exited ?? this.#context.exits.expect(this.#dockerId));
  }

  get hot(): boolean {
    return this.#launched !== null;
  }

  get dockerId(): string {
    return this.#dockerId;
  }

  async start(environment: Variables, overrides?: StartOverrides): Promise<Run> {
    if (this.#state.phase === 'started') {
      throw new Error(`Container ${this.spec.name} was started before: a container runs at most once`);
    }
    return await this.#begin('start', this.#start(environment, overrides, this.#state.phase === 'lost'));
  }

  /**
   * Takes over the run that another process has begun in the container, or its end.
   *
   * @param greeting what was printed on stderr before the function
   */
  async resume(greeting: string): Promise<Run> {
    return await this.#begin('resume', this.#resume(greeting));
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

  #watch(gone: Promise<Exit>): Promise<string> {
    const { promise: lost, resolve } = Promise.withResolvers<string>();
    void gone.then(() => {
      if (this.#state.phase !== 'prepared' || this.#removing !== null) return;
      this.#state = { phase: 'lost' };
      resolve(
        `container ${this.spec.name} was removed or ended by hand, or by a restart of Docker, before it was started`,
      );
    });
    return lost;
  }

  #begin(verb: 'start' | 'resume', begun: Promise<Run>): Promise<Run> {
    const starting = begun.catch((error: unknown) => {
      throw toRefusal(this.#context.connection, verb, this.spec.name, error);
    });
    this.#state = { phase: 'started', starting };
    return starting;
  }

  async #resume(greeting: string): Promise<Run> {
    const { connection, exits } = this.#context;
    const dockerId = this.#dockerId;
    const exited = exits.expect(dockerId);
    this.#exited = exited;
    // After it is awaited: an end is reported by the engine's event or found here.
    const { State } = await connection.docker.getContainer(dockerId).inspect();
    if (hasEnded(State.Status)) exits.settle(dockerId, { code: State.ExitCode, outOfMemory: State.OOMKilled });
    const publishedPorts = hasEnded(State.Status) ? {} : await loadPublishedPorts(connection, dockerId, this.spec);
    return { dockerId, exited, publishedPorts, output: readResumed(this.#context, dockerId, exited, greeting) };
  }

  async #start(environment: Variables, overrides: StartOverrides | undefined, isLost: boolean): Promise<Run> {
    const opened = overrides === undefined ? await this.#openLauncher(environment) : null;
    return opened ?? (await this.#startCold(environment, overrides, isLost));
  }

  /** Null where there is no launcher, or none that could give the function exactly this environment. */
  async #openLauncher(environment: Variables): Promise<Run | null> {
    const launched = this.#launched;
    if (launched === null || !isLaidOver(environment, this.spec.environment)) return null;
    const printed = await launched.open(environment);
    if (printed === null) return null;
    const { dockerId, exited, publishedPorts } = launched;
    this.#exited = exited;
    const output = readAttached(this.#context, dockerId, exited, printed, launcherGreeting);
    return { dockerId, exited, publishedPorts, output };
  }

  async #startCold(environment: Variables, overrides: StartOverrides | undefined, isLost: boolean): Promise<Run> {
    const { connection } = this.#context;
    const spec = overrides === undefined ? this.spec : await withOverrides(connection, this.spec, overrides);
    const isPrepared = spec === this.spec && !this.hot && !isLost && isEqual(environment, spec.environment);
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
    const { connection, exits } = this.#context;
    const dockerId = this.#dockerId;
    const exited = exits.expect(dockerId);
    this.#exited = exited;
    const stream = await this.#factory.start(this.spec, dockerId).catch(async (error: unknown) => {
      // Nothing runs, so there is no end to wait for.
      this.#exited = null;
      exits.settle(dockerId, unknownExit);
      throw await toFailedStart(connection, dockerId, this.spec.name, error);
    });
    if (overrides?.end !== undefined) void bringAbout(connection, dockerId, overrides.end, exited);
    const publishedPorts = await loadPublishedPorts(connection, dockerId, this.spec);
    const output = readAttached(this.#context, dockerId, exited, parseFrames(stream));
    return { dockerId, exited, publishedPorts, output };
  }

  /**
   * A container's variables are fixed when it is made: other ones need another container. It takes over the prepared
   * one's addresses, which the engine hands out only at start, so the prepared one may go later.
   */
  async #replace(spec: ContainerSpec, environment: Variables): Promise<void> {
    const prepared = this.#dockerId;
    // One behind the launcher has the addresses already.
    if (this.hot) await removeContainer(this.#context.connection, prepared);
    this.#dockerId = await this.#factory.make(spec, environment);
    this.#factory.retire(prepared);
    this.#replaced.push(prepared);
  }

  /** Settles once a start that was asked for has succeeded or failed. */
  async #started(): Promise<void> {
    if (this.#state.phase === 'started') await this.#state.starting.catch(() => undefined);
  }

  async #stop({ signals, graceMs }: StopPolicy): Promise<void> {
    await this.#started();
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
    await this.#started();
    await Promise.all(this.#replaced.map((dockerId) => this.#factory.awaitRemoval(dockerId)));
    if (keep && (await keepContainer(this.#context.connection, this.#dockerId))) return;
    await removeContainer(this.#context.connection, this.#dockerId);
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

/**
 * The time between the signal and the kill. It is over when the clock shows so, which may be at once where a caller
 * moves that on, and at the latest when it has passed in real time: a process does not stand still with a frozen clock.
 */
const startGrace = (clock: Clock, graceMs: number): Disposable & { readonly over: Promise<void> } => {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const alarms = [clock, systemClock].map((of) => of.alarm(of.now() + graceMs, resolve));
  void over.then(() => cancel());
  const cancel = (): void => {
    for (const alarm of alarms) alarm.cancel();
  };
  return { over, [Symbol.dispose]: cancel };
};
