import { constants } from 'node:os';
import type { Alarm, Clock } from '../../shared/clock.ts';
import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import { Listeners } from '../../shared/events.ts';
import type { EnvironmentId, InstanceId } from '../../shared/ids.ts';
import type { OverridableContainer, OverridableRuntime, StartOverrides } from '../planned-ends.ts';
import type {
  CommandEnd,
  CommandRequest,
  ContainerSpec,
  EnvironmentNetwork,
  Exit,
  OutputChunk,
  PrepareOptions,
  Readiness,
  ResumedRun,
  Run,
  RuntimeEvent,
  StopPolicy,
} from '../port.ts';

/** What a simulated process does. Each field left out is a process as it should be: it starts and runs until it is stopped. */
export type Behaviour = {
  readonly exitAfterMs?: number;
  /** With which code it ends by itself; 0 without it. */
  readonly exitCode?: number;
  /** Ends by itself for lack of memory. */
  readonly outOfMemory?: boolean;
  readonly failPrepare?: string;
  readonly failStart?: string;
  /** Only the kill after the grace ends it. */
  readonly ignoresSignals?: boolean;
  /** How commands in its container end; without it, at once with code 0. */
  readonly exec?: (request: CommandRequest) => Promise<number> | number;
};

type Environment = Readonly<Record<string, string>>;

/**
 * What a container's process does in an environment. Asked when one is made (with the spec's environment) and when
 * it is started (with the run's).
 */
export type DecideBehaviour = (spec: ContainerSpec, environment: Environment) => Behaviour;

/**
 * The behaviour without a script: environment variables say it, so that a stack file or a spawn can.
 *
 * - `CYCLE_SIMULATED_EXIT_AFTER_MS`: ends by itself after that time, for instance `250`
 * - `CYCLE_SIMULATED_EXIT_CODE`: with that code, at once where no time is given
 * - `CYCLE_SIMULATED_FAIL_START`: does not start, for that reason
 * - `CYCLE_SIMULATED_CHECK_EXIT_CODE`: checks end with that code
 */
const behaviourFromEnvironment: DecideBehaviour = (_spec, environment) => {
  const exitAfter = parseCount(environment['CYCLE_SIMULATED_EXIT_AFTER_MS']);
  const exitCode = parseCount(environment['CYCLE_SIMULATED_EXIT_CODE']);
  const failStart = environment['CYCLE_SIMULATED_FAIL_START'];
  const checkExitCode = parseCount(environment['CYCLE_SIMULATED_CHECK_EXIT_CODE']);
  return {
    ...(exitAfter === null && exitCode === null ? {} : { exitAfterMs: exitAfter ?? 0, exitCode: exitCode ?? 0 }),
    ...(failStart === undefined ? {} : { failStart }),
    ...(checkExitCode === null ? {} : { exec: () => checkExitCode }),
  };
};

const parseCount = (text: string | undefined): number | null =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : null;

type SimulatedRuntimeOptions = {
  readonly clock: Clock;
  /** What processes do; without it environment variables say, see `behaviourFromEnvironment`. */
  readonly behaviour?: DecideBehaviour;
};

/**
 * A runtime that runs nothing: for tests, for moving time, and for machines without Docker. A run goes on until it is
 * stopped unless its behaviour says otherwise.
 */
export class SimulatedRuntime implements OverridableRuntime {
  readonly kind = 'simulated';
  readonly publishedHost = '127.0.0.1';
  readonly clock: Clock;
  readonly decide: DecideBehaviour;
  /** Those that are not removed. */
  readonly containers = new Set<SimulatedContainer>();
  readonly #networks = new Map<EnvironmentId, number>();
  readonly #listeners = new Listeners<RuntimeEvent>();
  #serial = 0;
  /** Why it cannot be reached; null where it can. */
  #away: string | null = null;
  #isDisposed = false;

  constructor({ clock, behaviour = behaviourFromEnvironment }: SimulatedRuntimeOptions) {
    this.clock = clock;
    this.decide = behaviour;
  }

  /** Acts as if the engine went away: every operation fails until `comeBack`. Runs go on. */
  goAway(reason: string): void {
    this.#away = reason;
    this.#listeners.emit({ type: 'unavailable', reason });
  }

  comeBack(): void {
    this.#away = null;
    this.#listeners.emit({ type: 'available' });
  }

  /** Acts as if what was prepared for the instance were gone. */
  lose(instanceId: InstanceId, reason: string): void {
    for (const container of this.containers) if (container.spec.instanceId === instanceId) container.lose(reason);
  }

  /** Never within the caller's own turn, as no engine answers then either; and not at all when it is away. */
  async answer(): Promise<void> {
    await Promise.resolve();
    if (this.#away === null) return;
    throw new EmulatorError(
      errorCodes.dockerUnreachable,
      `Failed to reach the simulated runtime: ${this.#away}. Wait until it is back.`,
    );
  }

  async prepareImage(...[source, , onProgress]: Parameters<OverridableRuntime['prepareImage']>): Promise<string> {
    await this.#admit('an image available');
    const image = source.type === 'registry' ? source.reference : source.tag;
    onProgress({ image, step: 'ready', fraction: 1 });
    return image;
  }

  async prepareNetwork(environmentId: EnvironmentId, preferredNumber: number): Promise<EnvironmentNetwork> {
    await this.#admit('a network');
    const taken = new Set(this.#networks.values());
    let number = this.#networks.get(environmentId) ?? preferredNumber;
    while (!this.#networks.has(environmentId) && taken.has(number)) number = (number % 254) + 1;
    this.#networks.set(environmentId, number);
    return { number, ipv6: true, schedulerAddresses: [] };
  }

  /** Simulated processes end with the real one. */
  async resume(): Promise<ReadonlyMap<InstanceId, ResumedRun>> {
    await this.answer();
    return new Map();
  }

  async prepare(spec: ContainerSpec, options: PrepareOptions = {}): Promise<SimulatedContainer> {
    await this.#admit(`container ${spec.name}`);
    const { failPrepare } = this.decide(spec, spec.environment);
    if (failPrepare !== undefined) throw refusal(`make container ${spec.name}`, failPrepare, setToFail);
    const container = new SimulatedContainer(spec, `simulated-${++this.#serial}`, options, this);
    this.containers.add(container);
    return container;
  }

  /** No process, no port. */
  listens(): Promise<null> {
    return Promise.resolve(null);
  }

  subscribe(listener: (event: RuntimeEvent) => void): () => void {
    return this.#listeners.add(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    for (const container of this.containers) container.kill();
    this.containers.clear();
    await Promise.resolve();
  }

  async #admit(thing: string): Promise<void> {
    await this.answer();
    if (this.#isDisposed) throw refusal(`make ${thing}`, 'the emulator is stopping', 'Start it again');
  }
}

const setToFail = 'The simulation is set to fail';

const refusal = (operation: string, reason: string, remedy: string): EmulatorError =>
  new EmulatorError(errorCodes.containerRefused, `Failed to ${operation}: ${reason}. ${remedy}.`);

/** A container that is only a state and perhaps an alarm. */
class SimulatedContainer implements OverridableContainer {
  readonly spec: ContainerSpec;
  readonly dockerId: string;
  readonly readiness: Readiness;
  readonly warmed = new Promise<void>(() => {});
  readonly #runtime: SimulatedRuntime;
  readonly #loss = Promise.withResolvers<string>();
  readonly lost = this.#loss.promise;
  readonly #exit = Promise.withResolvers<Exit>();
  state: 'created' | 'running' | 'exited' = 'created';
  #ignoresSignals = false;
  #exec: NonNullable<Behaviour['exec']> = () => 0;
  #end: Alarm | null = null;
  #stopping: Promise<void> | null = null;

  constructor(spec: ContainerSpec, dockerId: string, { hot, warm }: PrepareOptions, runtime: SimulatedRuntime) {
    this.spec = spec;
    this.dockerId = dockerId;
    this.readiness = hot ? 'hot' : warm ? 'warm' : 'cold';
    this.#runtime = runtime;
  }

  async start(environment: Environment, { image, end: planned }: StartOverrides = {}): Promise<Run> {
    const { clock, containers, decide } = this.#runtime;
    const { name } = this.spec;
    await this.#runtime.answer();
    if (!containers.has(this)) throw refusal(`start container ${name}`, 'no such container', 'Prepare it again');
    if (this.state !== 'created') {
      throw new Error(`Container ${name} was started before: a container runs at most once`);
    }
    if (image !== undefined) {
      throw refusal(`make container ${name}`, `No such image: ${image}`, 'Make the image available again');
    }
    const { exitAfterMs, exitCode = 0, outOfMemory = false, ...behaviour } = decide(this.spec, environment);
    if (behaviour.failStart !== undefined) throw refusal(`start container ${name}`, behaviour.failStart, setToFail);
    this.state = 'running';
    this.#ignoresSignals = behaviour.ignoresSignals ?? false;
    this.#exec = behaviour.exec ?? this.#exec;
    if (exitAfterMs !== undefined) {
      this.#end = clock.alarm(clock.now() + exitAfterMs, () => this.end({ code: exitCode, outOfMemory }));
    }
    if (planned !== undefined) {
      const { code, outOfMemory, when } = planned;
      void Promise.resolve(when).then(() => this.end({ code, outOfMemory }));
    }
    const exited = this.#exit.promise;
    return { dockerId: this.dockerId, exited, publishedPorts: {}, output: silence(exited) };
  }

  async exec(request: CommandRequest): Promise<CommandEnd | null> {
    await this.#runtime.answer();
    if (this.state !== 'running') return null;
    const code = await Promise.race([this.#exec(request), this.#exit.promise.then(() => null)]);
    return code === null ? null : { code, lastOutput: '' };
  }

  async stop(policy: StopPolicy = this.spec.stop): Promise<void> {
    await this.#runtime.answer();
    this.#stopping ??= this.#stop(policy).finally(() => {
      this.#stopping = null;
    });
    await this.#stopping;
  }

  async remove(): Promise<void> {
    await this.#runtime.answer();
    this.kill();
    this.#runtime.containers.delete(this);
  }

  kill(): void {
    this.end(bySignal('SIGKILL'));
  }

  /** Acts as if the prepared container had been removed by hand, unless it was started. */
  lose(reason: string): void {
    if (this.state === 'created') this.#loss.resolve(reason);
  }

  end(exit: Exit): void {
    if (this.state !== 'running') return;
    this.state = 'exited';
    this.#end?.cancel();
    this.#exit.resolve(exit);
  }

  async #stop({ signals: [signal = 'SIGKILL'], graceMs }: StopPolicy): Promise<void> {
    if (this.state !== 'running') return;
    if (!this.#ignoresSignals || signal === 'SIGKILL') return this.end(bySignal(signal));
    const { clock } = this.#runtime;
    const kill = clock.alarm(clock.now() + graceMs, () => this.kill());
    await this.#exit.promise;
    kill.cancel();
  }
}

/** A simulated process prints nothing, until its end. */
const silence = (exited: Promise<unknown>): AsyncIterable<OutputChunk> => ({
  [Symbol.asyncIterator]: () => ({ next: () => exited.then(() => ({ done: true, value: undefined })) }),
});

/** As a shell reports a process that a signal ended. */
const bySignal = (signal: string): Exit => ({
  code: 128 + (Object.entries(constants.signals).find(([name]) => name === signal)?.[1] ?? 0),
  outOfMemory: false,
});
