import { findInvalidVariable } from '../environment/variables.ts';
import type { ContainerRuntime } from '../runtime/port.ts';
import type { Command, Effect, Reply, SchedulerEvent } from '../scheduler/commands.ts';
import type { Pool, Ticket } from '../scheduler/pool.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { AlarmClock, type Clock } from '../shared/clock.ts';
import { Listeners } from '../shared/events.ts';
import type { ContainerId, InstanceId } from '../shared/ids.ts';
import { Callers, reject, toResult } from './callers.ts';
import { CheckedRuns } from './checked-runs.ts';
import { ContainerManager, InstanceSetups } from './container-manager.ts';
import { Persistence } from './persistence.ts';
import { type Done, describeReload, poolsNow, toReload } from './reload.ts';
import type { RunLog } from './run-log.ts';
import type {
  ActiveInstance,
  ClaimedInstance,
  ClaimRequest,
  EngineSetup,
  FunctionChange,
  FunctionCounts,
  FunctionSetup,
  InstanceView,
  Readiness,
  ReleasedInstance,
  ReleaseRequest,
  Result,
  SchedulerService,
  SpawnedInstance,
  SpawnRequest,
} from './service.ts';
import { toActiveInstances, toCounts, toInstanceView } from './views.ts';
import { Work } from './work.ts';

/**
 * The shell around the rules. It alone gives the scheduler commands, does what they ask for, feeds results and exits
 * back, and holds the callers' promises. The maker of runtime and clock disposes of them.
 * PARITY: one scheduler owns all instances of a function; on the platform several share them by sharding.
 */
export class Engine implements SchedulerService {
  readonly #setup: EngineSetup;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  /** Null where nothing outlives the process. */
  readonly #persistence: Persistence | null;
  readonly #containers: ContainerManager;
  readonly #checks: CheckedRuns;
  readonly #alarm: AlarmClock;
  readonly #callers = new Callers();
  #isFilled = false;
  /** Why the runtime cannot be asked; null while it can. */
  #awayReason: string | null = null;
  /** Why no caller is admitted any more; null while the engine is open. */
  #closingReason: string | null = null;
  readonly #setups: InstanceSetups;
  readonly #listeners = new Listeners<SchedulerEvent>();
  readonly #unsubscribe: () => void;

  constructor(setup: EngineSetup, runtime: ContainerRuntime, clock: Clock, work: Work = new Work()) {
    this.#setup = setup;
    this.#clock = clock;
    this.#scheduler = new Scheduler(setup.otherContainers);
    this.#setups = new InstanceSetups((id) => this.#scheduler.instance(id));
    this.#persistence = setup.store ? new Persistence(this.#scheduler, setup.store, clock) : null;
    this.#containers = new ContainerManager(
      runtime,
      (id) => this.#setups.of(id),
      (event) => {
        // While the emulator stops, containers go and cannot be made any more: that is no failure.
        const isOfStopping = event.type === 'prepare-failed' || event.type === 'lost' || event.type === 'warmed';
        if (this.#closingReason === null || !isOfStopping) this.#apply(event);
      },
      work,
      { keep: setup.keep, logs: setup.logs },
    );
    const parts = { scheduler: this.#scheduler, containers: this.#containers, events: this.#listeners, clock, work };
    this.#checks = new CheckedRuns(parts, (command) => this.#apply(command));
    this.#alarm = new AlarmClock(clock, () => this.#apply({ type: 'tick' }));
    this.#unsubscribe = runtime.subscribe((event) => {
      // The others are for the user of the emulator: rules and callers are the same for cold instances.
      if (event.type === 'available') {
        this.#awayReason = null;
        this.#apply({ type: 'try-again' });
      } else if (event.type === 'unavailable') {
        this.#awayReason = event.reason;
        this.#apply({ type: 'dismiss', reason: event.reason });
      }
    });
  }

  /** Makes the functions' pools, with what the store knows; resolves once all are full, rejects with the first failure. */
  async fill(functions: readonly FunctionSetup[]): Promise<void> {
    for (const spec of functions) this.#setups.functions.set(spec.pool.containerId, spec);
    const effects = this.#persistence
      ? await this.#persistence.resume(functions, this.#containers)
      : functions.flatMap(({ pool }) => this.#scheduler.addPool(pool, this.#clock.now()));
    this.#alarm.setFor(this.#scheduler.nextDeadline);
    await Promise.all(
      effects.map(async (effect) => {
        const failure = (await this.#run(effect)) ?? null;
        if (failure !== null) throw failure;
      }),
    );
    this.#isFilled = true;
  }

  /**
   * Goes on with the functions of a stack that has changed. Resolves to what is other than before, once each instance that
   * waited has its new container, or could not get one and will be tried again.
   */
  async reload(
    functions: readonly FunctionSetup[],
    otherContainers: readonly ContainerId[],
  ): Promise<readonly FunctionChange[]> {
    const before = poolsNow(this.#scheduler, this.#setups.functions);
    for (const setup of functions) this.#setups.functions.set(setup.pool.containerId, setup);
    const done = this.#apply(toReload(before, functions, otherContainers));
    return await describeReload(this.#scheduler, before, functions, done);
  }

  /** Back to how it was when filled: no claims, no runs, no waiting. Resolves once all pools are full. */
  async reset(): Promise<void> {
    this.#apply({ type: 'reset' });
    await this.#containers.settled();
  }

  /** Admits no caller any more, sends those in line away; to the store, what runs goes on until `keepEnds`. */
  close(reason: string): void {
    this.#closingReason = reason;
    this.#apply({ type: 'dismiss', reason });
    this.#alarm.cancel();
    this.#checks.endAll();
    this.#persistence?.hold();
  }

  /** Writes to the store how runs ended, after the runtime has ended all of them: other runs may go on. */
  async keepEnds(): Promise<void> {
    await this.#containers.endsReported();
    this.#persistence?.keepHeld();
  }

  /** Takes note of how runs ended and answers every caller that still waits, after the runtime was disposed of. */
  async dismissAll(reason: string): Promise<void> {
    await this.#containers.endsReported();
    this.#containers.logs.close();
    this.#unsubscribe();
    this.#callers.answerAll({ type: 'rejected', rejection: { name: 'not-ready', reason } });
  }

  /** Calls the listener for all that happens until the returned function is called. */
  subscribe(listener: (event: SchedulerEvent) => void): () => void {
    return this.#listeners.add(listener);
  }

  async claim({ containerId, token, signal, onQueued }: ClaimRequest): Promise<Result<ClaimedInstance>> {
    if (signal.aborted) return reject({ name: 'caller-gone' });
    const reply = await this.#ask(
      (ticket) => ({ type: 'claim', ticket, containerId, token }),
      (ticket) => {
        signal.addEventListener('abort', () => this.#apply({ type: 'abandon', ticket }), { once: true });
        onQueued?.();
      },
    );
    return toResult(reply, 'claimed', ({ instanceId }) => this.#claimed(instanceId, token));
  }

  async spawn(request: SpawnRequest): Promise<Result<SpawnedInstance>> {
    const invalid = findInvalidVariable(request.variables);
    if (invalid !== null) return reject({ name: 'invalid-variable', ...invalid });
    const reply = await this.#ask((ticket) => ({ type: 'spawn', ticket, ...request }));
    return toResult(reply, 'spawned', ({ instanceId }) => this.#spawned(instanceId, request.token));
  }

  async release(request: ReleaseRequest): Promise<Result<ReleasedInstance>> {
    const reply = await this.#ask((ticket) => ({ type: 'release', ticket, ...request }));
    return toResult(reply, 'released', ({ type: _type, instanceId, ...times }) => ({
      ...this.#spawned(instanceId, request.token),
      ...times,
    }));
  }

  active({ containerId }: { containerId: string }): Result<readonly ActiveInstance[]> {
    const reason = this.#whyNoCaller;
    if (reason !== null) return reject({ name: 'not-ready', reason });
    const instances = this.#scheduler.active(containerId);
    if ('name' in instances) return reject(instances);
    return { ok: true, value: toActiveInstances(instances, (id) => this.#setups.of(id), this.#checks, this.#setup) };
  }

  /** All instances of a function as they are now, in the order of their places. */
  instancesOf(containerId: ContainerId): readonly InstanceView[] {
    const now = this.#clock.now();
    return this.#poolOf(containerId).instances.map((instance) =>
      toInstanceView(instance, this.#setups.of(instance.id), this.#containers.runOf(instance.id), this.#checks, now),
    );
  }

  countsOf(containerId: ContainerId): FunctionCounts {
    return toCounts(this.#poolOf(containerId), this.#setups.functions);
  }

  hasInstance(instanceId: string): instanceId is InstanceId {
    return this.#scheduler.instance(instanceId as InstanceId) !== undefined;
  }

  /** What the instance's latest run has printed; undefined where it never ran. */
  logOf(instanceId: InstanceId): RunLog | undefined {
    return this.#containers.logs.of(instanceId);
  }

  /** The log to follow: of an instance that is claimed or starts, that of the run to come; else as `logOf`. */
  logToFollow(instanceId: InstanceId): RunLog | undefined {
    const { name } = this.#scheduler.instance(instanceId)?.state ?? {};
    const isToCome = name === 'claimed' || name === 'starting';
    return isToCome ? this.#containers.logs.ofNext(instanceId) : this.logOf(instanceId);
  }

  readiness(): Readiness {
    const reason = this.#whyNoCaller ?? this.#persistence?.findFailure() ?? null;
    const functions = [...this.#scheduler.pools].map((pool) => toCounts(pool, this.#setups.functions));
    return { ready: reason === null, reason, functions };
  }

  /** What the rules know, to be looked at. */
  get rules(): Pick<Scheduler, 'nextDeadline' | 'pool'> {
    return this.#scheduler;
  }

  /** The token that the instance is claimed with; null where it is not. */
  holderOf(instanceId: InstanceId): string | null {
    const state = this.#scheduler.instance(instanceId)?.state;
    return state && 'token' in state ? state.token : null;
  }

  /** How long a claim of the function waits in line; null where the container is no function. */
  maxQueueTimeOf(containerId: string): number | null {
    return this.#scheduler.pool(containerId as ContainerId)?.spec.maxQueueTimeMs ?? null;
  }

  #poolOf(containerId: ContainerId): Pool {
    const pool = this.#scheduler.pool(containerId);
    if (pool === undefined) throw new Error(`no function ${containerId} here`);
    return pool;
  }

  /** Why no caller is admitted, the weightiest reason; null while callers are. */
  get #whyNoCaller(): string | null {
    return this.#closingReason ?? this.#awayReason ?? (this.#isFilled ? null : 'the pools are still being made');
  }

  /** Puts a request to the scheduler, unless no caller is admitted now. */
  #ask(toCommand: (ticket: Ticket) => Command, onWait?: (ticket: Ticket) => void): Promise<Reply> {
    const reason = this.#whyNoCaller;
    if (reason !== null) return Promise.resolve({ type: 'rejected', rejection: { name: 'not-ready', reason } });
    return this.#callers.answerTo((ticket) => this.#apply(toCommand(ticket)), onWait);
  }

  #apply(command: Command): readonly Done[] {
    const asked = this.#scheduler.apply(command, this.#clock.now());
    if (this.#persistence === null) this.#scheduler.changesAreKept();
    const { effects, undoing } = this.#persistence?.keep(asked) ?? { effects: asked, undoing: [] };
    const done = effects.map((effect) => ({ effect, failure: this.#run(effect) }));
    for (const undo of undoing) this.#apply(undo);
    if (this.#closingReason === null) this.#alarm.setFor(this.#scheduler.nextDeadline);
    return done;
  }

  /** Of a container that is made, resolves to the failure, or null. */
  #run(effect: Effect): Promise<unknown> | undefined {
    this.#checks.follow(effect);
    switch (effect.type) {
      case 'prepare':
        // Its instance is gone; what it would take the place of is the runtime's to remove, or to leave.
        if (this.#closingReason !== null) return;
        this.#setups.renew(effect.instanceId);
        return this.#containers.prepare(effect);
      case 'discard':
        return void this.#containers.discard(effect.instanceId);
      case 'start':
        return void this.#containers.start(effect.instanceId, effect.generation, effect.variables);
      case 'stop':
        return void this.#containers.stop(effect.instanceId, effect.generation, effect.hasFailed);
      case 'reply':
        return void this.#callers.answer(effect.ticket, effect.reply);
      case 'event':
        if (effect.event.name === 'instance.available' || effect.event.name === 'container.instance.start.failed')
          this.#containers.logs.noneComes(effect.event.instanceId);
        return void this.#listeners.emit(effect.event);
    }
  }

  #claimed(instanceId: InstanceId, token: string): ClaimedInstance {
    return { instanceId, token, network: this.#setups.of(instanceId).network };
  }

  #spawned(instanceId: InstanceId, token: string): SpawnedInstance {
    return { ...this.#claimed(instanceId, token), serverId: this.#setup.serverId };
  }
}
