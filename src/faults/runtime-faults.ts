import type {
  ContainerRuntime,
  ContainerSpec,
  ContainerSummary,
  EnvironmentNetwork,
  PlannedEnd,
  PreparedContainer,
  RemoveOptions,
  Run,
  RuntimeEvent,
  StartOverrides,
  StopPolicy,
} from '../runtime/port.ts';
import { pause } from '../shared/clock.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { Absence, type FaultSource, type Hit, type Moment } from './faults.ts';

/** An ID that no image has. */
const missingImage = `sha256:${'0'.repeat(64)}`;

/** What a container does under a fault, to be broken off when it is removed. */
type RunState = {
  /** Aborts when the container is to be stopped or removed: it need not be started any more. */
  readonly unwanted: AbortController;
  /** Aborts when its run has ended. */
  readonly ended: AbortController;
  running: boolean;
};

/**
 * A runtime in whose containers' lives things go wrong. It knows of containers only what the port answers, so it
 * does the same to every adapter; its users need not know of it.
 */
export const withFaults = (runtime: ContainerRuntime, faults: FaultSource): RuntimeWithFaults =>
  new RuntimeWithFaults(runtime, faults);

/** Made by `withFaults`. */
export class RuntimeWithFaults implements ContainerRuntime {
  readonly kind: ContainerRuntime['kind'];
  readonly publishedHost: string;
  readonly #runtime: ContainerRuntime;
  readonly #faults: FaultSource;
  readonly #absence: Absence;
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  readonly #courses = new WeakMap<PreparedContainer, RunState>();
  readonly #closing = new AbortController();
  readonly #unsubscribe: () => void;

  constructor(runtime: ContainerRuntime, faults: FaultSource) {
    this.kind = runtime.kind;
    this.publishedHost = runtime.publishedHost;
    this.#runtime = runtime;
    this.#faults = faults;
    this.#absence = new Absence((event) => {
      for (const listener of this.#listeners) listener(event);
    });
    this.#unsubscribe = runtime.subscribe((event) => this.#absence.on(event));
  }

  get isAway(): boolean {
    return this.#absence.byFault !== null;
  }

  /** Answers nothing until the fault's time is over. Runs go on, and their ends are reported afterwards. */
  async goAway({ id, effect, removed }: Hit<'dockerAway'>): Promise<void> {
    this.#absence.begin(`fault ${JSON.stringify(id)} keeps the container runtime away`);
    await pause(this.#faults.clock, effect.ms ?? Number.POSITIVE_INFINITY, removed, this.#closing.signal);
    this.#absence.end();
  }

  async prepareImage(...asked: Parameters<ContainerRuntime['prepareImage']>): Promise<string> {
    this.#reach();
    return await this.#runtime.prepareImage(...asked);
  }

  async prepareNetwork(...asked: Parameters<ContainerRuntime['prepareNetwork']>): Promise<EnvironmentNetwork> {
    this.#reach();
    return await this.#runtime.prepareNetwork(...asked);
  }

  async resume(...asked: Parameters<ContainerRuntime['resume']>): ReturnType<ContainerRuntime['resume']> {
    this.#reach();
    const resumed = await this.#runtime.resume(...asked);
    return new Map(
      [...resumed].map(([id, { container, run }]) => [
        id,
        { container, run: this.#follow(run, this.#begin(container)) },
      ]),
    );
  }

  async prepare(...asked: Parameters<ContainerRuntime['prepare']>): Promise<PreparedContainer> {
    this.#reach();
    return await this.#runtime.prepare(...asked);
  }

  async start(
    container: PreparedContainer,
    environment: Readonly<Record<string, string>>,
    overrides?: StartOverrides,
  ): Promise<Run> {
    this.#reach();
    const moment = this.#momentOf(container.spec);
    const slow = this.#faults.all(['slowStart'], moment);
    const hit = this.#faults.first(['startFailure', 'imageMissing', 'exitAfter', 'outOfMemory'], moment);
    const runState = this.#begin(container);
    for (const { effect, removed } of slow) {
      await pause(this.#faults.clock, effect.ms, removed, runState.unwanted.signal, this.#closing.signal);
    }
    if (runState.unwanted.signal.aborted || this.#closing.signal.aborted) throw toUnwanted(container.spec);
    this.#reach();
    const begin = async (more?: StartOverrides) =>
      this.#follow(await this.#runtime.start(container, environment, more ?? overrides), runState);
    switch (hit?.effect.type) {
      case 'startFailure':
        throw toStartFailure(container.spec, hit.effect.reason, hit.id);
      case 'imageMissing':
        return await begin({ ...overrides, image: missingImage });
      case 'exitAfter':
      case 'outOfMemory': {
        const due = Promise.withResolvers<void>();
        const run = await begin({ ...overrides, end: toPlannedEnd(hit.effect, due.promise) });
        const signals = [hit.removed, runState.ended.signal, this.#closing.signal];
        void pause(this.#faults.clock, hit.effect.ms ?? 0, ...signals).then((isDue) => isDue && due.resolve());
        return run;
      }
      case undefined:
        return await begin();
    }
  }

  async stop(container: PreparedContainer, policy: StopPolicy = container.spec.stop): Promise<void> {
    this.#reach();
    const runState = this.#courses.get(container);
    runState?.unwanted.abort();
    const hit = runState?.running ? this.#faults.first(['hangingStop'], this.#momentOf(container.spec)) : null;
    if (!runState || !hit) return await this.#runtime.stop(container, policy);
    const signals = [hit.removed, runState.ended.signal, this.#closing.signal];
    const isOver = await pause(this.#faults.clock, policy.graceMs, ...signals);
    this.#reach();
    await this.#runtime.stop(container, isOver ? { signals: [], graceMs: 0 } : policy);
  }

  async remove(container: PreparedContainer, options?: RemoveOptions): Promise<void> {
    // Before anything that may fail: a container that is still to be started must not be, once it was given up.
    this.#courses.get(container)?.unwanted.abort();
    this.#reach();
    await this.#runtime.remove(container, options);
  }

  async list(): Promise<readonly ContainerSummary[]> {
    this.#reach();
    return await this.#runtime.list();
  }

  subscribe(listener: (event: RuntimeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#unsubscribe();
    await this.#runtime[Symbol.asyncDispose]();
  }

  #begin(container: PreparedContainer): RunState {
    const runState = { unwanted: new AbortController(), ended: new AbortController(), running: false };
    this.#courses.set(container, runState);
    return runState;
  }

  /** What happens to a run while the runtime is away is heard of when it is back. */
  #follow(run: Run, runState: RunState): Run {
    runState.running = true;
    const exited = run.exited.then(async (exit) => {
      runState.running = false;
      runState.ended.abort();
      await this.#absence.overFault();
      return exit;
    });
    return { ...run, exited };
  }

  #reach(): void {
    const reason = this.#absence.byFault;
    if (reason === null) return;
    throw new EmulatorError(
      errorCodes.dockerUnreachable,
      `Failed to reach the container runtime: ${reason}. Wait until it is back, or remove the fault.`,
    );
  }

  #momentOf({ functionId: containerId, instanceId }: ContainerSpec): Moment {
    return { operation: null, containerId, instanceId, token: this.#faults.holders.get(instanceId) ?? null };
  }
}

const toPlannedEnd = (effect: Hit<'exitAfter' | 'outOfMemory'>['effect'], when: Promise<void>): PlannedEnd =>
  effect.type === 'exitAfter'
    ? { code: effect.code ?? 1, outOfMemory: false, when }
    : // 128 and SIGKILL, which is what the kernel sends.
      { code: 137, outOfMemory: true, when };

const toStartFailure = ({ name }: ContainerSpec, reason = 'a fault was injected', id: string): EmulatorError =>
  new EmulatorError(
    errorCodes.containerRefused,
    `Failed to start container ${name}: ${reason}. Remove fault ${JSON.stringify(id)} to let it start.`,
  );

const toUnwanted = ({ name }: ContainerSpec): EmulatorError =>
  new EmulatorError(
    errorCodes.containerRefused,
    `Failed to start container ${name}: the start was cancelled while a fault delayed it. Claim another instance.`,
  );
