import type { OverridableContainer, OverridableRuntime, PlannedEnd } from '../runtime/planned-ends.ts';
import type {
  CommandEnd,
  CommandRequest,
  ContainerRuntime,
  ContainerSpec,
  EnvironmentNetwork,
  Exit,
  PreparedContainer,
  Readiness,
  RemoveOptions,
  Run,
  RuntimeEvent,
  StopPolicy,
} from '../runtime/port.ts';
import { pause } from '../shared/clock.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { Listeners } from '../shared/events.ts';
import { Absence, type FaultSource, type Hit, type Moment, type PlannedHit } from './faults.ts';

/** An ID that no image has. */
const missingImage = `sha256:${'0'.repeat(64)}`;

/**
 * A runtime in whose containers' lives things go wrong. It knows of containers only what the port answers, so it
 * does the same to every adapter; its users need not know of it.
 */
export class RuntimeWithFaults implements ContainerRuntime {
  readonly kind: ContainerRuntime['kind'];
  readonly publishedHost: string;
  readonly #runtime: OverridableRuntime;
  readonly #faults: FaultSource;
  readonly #absence: Absence;
  readonly #listeners = new Listeners<RuntimeEvent>();
  readonly #closing = new AbortController();
  readonly #unsubscribe: () => void;

  constructor(runtime: OverridableRuntime, faults: FaultSource) {
    this.kind = runtime.kind;
    this.publishedHost = runtime.publishedHost;
    this.#runtime = runtime;
    this.#faults = faults;
    this.#absence = new Absence((event) => this.#listeners.emit(event));
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
    this.#absence.refuse();
    return await this.#runtime.prepareImage(...asked);
  }

  async prepareNetwork(...asked: Parameters<ContainerRuntime['prepareNetwork']>): Promise<EnvironmentNetwork> {
    this.#absence.refuse();
    return await this.#runtime.prepareNetwork(...asked);
  }

  async resume(...asked: Parameters<ContainerRuntime['resume']>): ReturnType<ContainerRuntime['resume']> {
    this.#absence.refuse();
    const resumed = await this.#runtime.resume(...asked);
    return new Map(
      [...resumed].map(([id, { container, run }]) => {
        const wrapped = this.#wrap(container);
        return [id, { container: wrapped, run: wrapped.follow(run) }];
      }),
    );
  }

  async prepare(...asked: Parameters<ContainerRuntime['prepare']>): Promise<PreparedContainer> {
    this.#absence.refuse();
    return this.#wrap(await this.#runtime.prepare(...asked));
  }

  listens(...asked: Parameters<ContainerRuntime['listens']>): ReturnType<ContainerRuntime['listens']> {
    return this.#runtime.listens(...asked);
  }

  subscribe(listener: (event: RuntimeEvent) => void): () => void {
    return this.#listeners.add(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#unsubscribe();
    await this.#runtime[Symbol.asyncDispose]();
  }

  #wrap(container: OverridableContainer): ContainerWithFaults {
    return new ContainerWithFaults(container, this.#faults, this.#absence, this.#closing.signal);
  }
}

class ContainerWithFaults implements PreparedContainer {
  readonly spec: ContainerSpec;
  readonly warmed: Promise<void>;
  readonly lost: Promise<string>;
  readonly #container: OverridableContainer;
  readonly #faults: FaultSource;
  readonly #absence: Absence;
  readonly #closing: AbortSignal;
  /** Aborts when the container is to be stopped or removed: a start that a fault delays is not wanted any more. */
  #unwanted: AbortController | null = null;
  /** Aborts when its run has ended. */
  readonly #ended = new AbortController();
  #isRunning = false;

  constructor(container: OverridableContainer, faults: FaultSource, absence: Absence, closing: AbortSignal) {
    this.spec = container.spec;
    this.warmed = container.warmed;
    this.lost = container.lost;
    this.#container = container;
    this.#faults = faults;
    this.#absence = absence;
    this.#closing = closing;
  }

  get dockerId(): string {
    return this.#container.dockerId;
  }

  get readiness(): Readiness {
    return this.#container.readiness;
  }

  async start(environment: Readonly<Record<string, string>>): Promise<Run> {
    this.#absence.refuse();
    const slow = this.#faults.all(['slowStart'], this.#moment);
    const hit = this.#faults.plan(['startFailure', 'imageMissing', 'exitAfter', 'outOfMemory'], this.#moment);
    try {
      await this.#delayedBy(slow);
    } catch (error) {
      hit?.settle(false);
      throw error;
    }
    switch (hit?.effect.type) {
      case 'startFailure':
        hit.settle(true);
        throw toStartFailure(this.spec, hit.effect.reason, hit.id);
      case 'imageMissing':
        hit.settle(true);
        return this.follow(await this.#container.start(environment, { image: missingImage }));
      case 'exitAfter':
      case 'outOfMemory':
        if (!hit.removed.aborted) return await this.#startToEnd(environment, hit.effect, hit);
        hit.settle(false);
    }
    return this.follow(await this.#container.start(environment));
  }

  async #delayedBy(slow: readonly Hit<'slowStart'>[]): Promise<void> {
    this.#unwanted = new AbortController();
    const unwanted = this.#unwanted.signal;
    for (const { effect, removed } of slow) {
      await pause(this.#faults.clock, effect.ms, removed, unwanted, this.#closing);
    }
    if (unwanted.aborted || this.#closing.aborted) throw toUnwanted(this.spec);
    this.#absence.refuse();
  }

  /** The function may end by itself before, or while its end is on its way: only the end itself shows which came first. */
  async #startToEnd(
    environment: Readonly<Record<string, string>>,
    effect: EndEffect,
    { removed, settle }: Pick<PlannedHit, 'removed' | 'settle'>,
  ): Promise<Run> {
    const ms = effect.ms ?? 0;
    const due = Promise.withResolvers<void>();
    const end = toPlannedEnd(effect, ms === 0 ? null : due.promise);
    const run = await this.#container.start(environment, { end }).catch((error: unknown) => {
      settle(false);
      throw error;
    });
    let isDue = ms === 0;
    const followed = this.follow(run, ({ code }) => settle(isDue && code === end.code));
    void pause(this.#faults.clock, ms, removed, this.#ended.signal, this.#closing).then((hasPassed) => {
      if (!hasPassed) return;
      isDue = true;
      due.resolve();
    });
    return followed;
  }

  async exec(request: CommandRequest): Promise<CommandEnd | null> {
    this.#absence.refuse();
    return await this.#container.exec(request);
  }

  async stop(policy: StopPolicy = this.spec.stop): Promise<void> {
    this.#absence.refuse();
    this.#unwanted?.abort();
    const hit = this.#isRunning ? this.#faults.first(['hangingStop'], this.#moment) : null;
    if (hit === null) return await this.#container.stop(policy);
    const isOver = await pause(this.#faults.clock, policy.graceMs, hit.removed, this.#ended.signal, this.#closing);
    this.#absence.refuse();
    await this.#container.stop(isOver ? { signals: [], graceMs: 0 } : policy);
  }

  async remove(options?: RemoveOptions): Promise<void> {
    // Before anything that may fail: a container that is still to be started must not be, once it was given up.
    this.#unwanted?.abort();
    this.#absence.refuse();
    await this.#container.remove(options);
  }

  /** The end of a run while the runtime is away is reported when it is back. */
  follow(run: Run, onEnd: (exit: Exit) => void = () => {}): Run {
    this.#isRunning = true;
    const exited = run.exited.then(async (exit) => {
      this.#isRunning = false;
      this.#ended.abort();
      onEnd(exit);
      await this.#absence.overFault();
      return exit;
    });
    return { ...run, exited };
  }

  get #moment(): Moment {
    const { functionId: containerId, instanceId } = this.spec;
    return { operation: null, containerId, instanceId, token: this.#faults.holderOf(instanceId) };
  }
}

type EndEffect = Hit<'exitAfter' | 'outOfMemory'>['effect'];

const toPlannedEnd = (effect: EndEffect, when: PlannedEnd['when']): PlannedEnd =>
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
