import { findInvalidVariable } from '../environment/variables.ts';
import type { ContainerRuntime, ResumedRun } from '../runtime/port.ts';
import type { Command, Effect, Reply, SchedulerEvent } from '../scheduler/commands.ts';
import type { Pool, Ticket } from '../scheduler/pool.ts';
import type { Change, InstanceRecord } from '../scheduler/records.ts';
import type { Rejection } from '../scheduler/rejections.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { AlarmClock, type Clock } from '../shared/clock.ts';
import { Listeners } from '../shared/events.ts';
import type { ContainerId, InstanceId } from '../shared/ids.ts';
import { Admission, Callers } from './callers.ts';
import { ContainerManager } from './container-manager.ts';
import { Persistence, sortOut, toRestored, toResumeRequests } from './persistence.ts';
import type { RunLog } from './run-log.ts';
import type {
  ActiveInstance,
  ClaimedInstance,
  EngineSetup,
  FunctionCounts,
  FunctionSetup,
  InstanceSetup,
  InstanceView,
  Readiness,
  ReleasedInstance,
  Result,
  SchedulerService,
  SpawnedInstance,
} from './service.ts';
import { toActiveInstance, toCounts, toInstanceView } from './views.ts';
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
  readonly #records: Persistence;
  readonly #containers: ContainerManager;
  readonly #alarm: AlarmClock;
  readonly #callers = new Callers();
  readonly #admission = new Admission();
  readonly #functions = new Map<ContainerId, FunctionSetup>();
  readonly #instances = new Map<InstanceId, InstanceSetup>();
  readonly #listeners = new Listeners<SchedulerEvent>();
  readonly #unsubscribe: () => void;
  #closed = false;

  constructor(setup: EngineSetup, runtime: ContainerRuntime, clock: Clock, work: Work = new Work()) {
    this.#setup = setup;
    this.#clock = clock;
    this.#scheduler = new Scheduler(setup.otherContainers);
    this.#records = new Persistence(this.#scheduler, setup.store);
    this.#containers = new ContainerManager(
      runtime,
      (id) => this.#instance(id),
      (event) => {
        // While the emulator stops, containers go and cannot be made any more: that is no failure.
        if (!(this.#closed && (event.type === 'prepare-failed' || event.type === 'lost'))) this.#apply(event);
      },
      work,
      { keep: setup.keep, logs: setup.logs },
    );
    this.#alarm = new AlarmClock(clock, () => this.#apply({ type: 'tick' }));
    this.#unsubscribe = runtime.subscribe((event) => {
      // The others are for the user of the emulator: rules and callers are the same for cold instances.
      if (event.type === 'available') {
        this.#admission.open('runtime');
        this.#apply({ type: 'try-again' });
      } else if (event.type === 'unavailable') {
        this.#admission.shut('runtime', event.reason);
        this.#apply({ type: 'dismiss', reason: event.reason });
      }
    });
  }

  /**
   * Makes the functions' pools, with what the store knows of them; resolves once every instance has its container,
   * rejects with the first failure.
   */
  async fill(functions: readonly FunctionSetup[]): Promise<void> {
    for (const spec of functions) this.#functions.set(spec.pool.containerId, spec);
    const effects = await this.#resume(functions);
    this.#alarm.setFor(this.#scheduler.nextDeadline);
    await Promise.all(
      effects.map(async (effect) => {
        if (effect.type !== 'prepare') return this.#run(effect);
        const failure = await this.#containers.prepare(effect.instanceId, effect.generation, effect.hot);
        if (failure !== null) throw failure;
      }),
    );
    this.#admission.open('pools');
  }

  /** Back to how it was when filled: no claims, no runs, no waiting. Resolves once all pools are full. */
  async reset(): Promise<void> {
    this.#apply({ type: 'reset' });
    await this.#containers.settled();
  }

  /**
   * Admits no caller any more and sends those in line away; what runs is the runtime's to end, and to the store it runs
   * until `keepEnds`.
   */
  close(reason: string): void {
    this.#admission.shut('closing', reason);
    this.#closed = true;
    this.#apply({ type: 'dismiss', reason });
    this.#alarm.cancel();
    this.#records.hold();
  }

  /** Writes to the store how runs ended, after the runtime has ended all of them: other runs may go on. */
  async keepEnds(): Promise<void> {
    await this.#containers.endsReported();
    this.#records.keepHeld(this.#clock.now());
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

  async claim(request: { containerId: string; token: string; signal: AbortSignal }): Promise<Result<ClaimedInstance>> {
    const { containerId, token, signal } = request;
    if (signal.aborted) return reject({ name: 'caller-gone' });
    const reply = await this.#ask((ticket) => {
      signal.addEventListener('abort', () => this.#apply({ type: 'abandon', ticket }), { once: true });
      return { type: 'claim', ticket, containerId, token };
    });
    return this.#outcome(reply, 'claimed', ({ instanceId }) => this.#claimed(instanceId, token));
  }

  async spawn(request: {
    containerId: string;
    instanceId: string;
    token: string;
    variables: Readonly<Record<string, string>>;
  }): Promise<Result<SpawnedInstance>> {
    const invalid = findInvalidVariable(request.variables);
    if (invalid !== null) return reject({ name: 'invalid-variable', ...invalid });
    const reply = await this.#ask((ticket) => ({ type: 'spawn', ticket, ...request }));
    return this.#outcome(reply, 'spawned', ({ instanceId }) => this.#spawned(instanceId, request.token));
  }

  async release(request: {
    containerId: string;
    instanceId: string;
    token: string;
  }): Promise<Result<ReleasedInstance>> {
    const reply = await this.#ask((ticket) => ({ type: 'release', ticket, ...request }));
    return this.#outcome(reply, 'released', ({ instanceId, claimedAt, spawnedAt, releasedAt }) => ({
      ...this.#spawned(instanceId, request.token),
      claimedAt,
      spawnedAt,
      releasedAt,
    }));
  }

  active({ containerId }: { containerId: string }): Result<readonly ActiveInstance[]> {
    const reason = this.#admission.reason;
    if (reason !== null) return reject({ name: 'not-ready', reason });
    const instances = this.#scheduler.active(containerId);
    if ('name' in instances) return reject(instances);
    const { serverId } = this.#setup;
    return {
      ok: true,
      value: instances.map((instance) => toActiveInstance(instance, this.#instance(instance.id), serverId)),
    };
  }

  /** All instances of a function as they are now, in the order of their places. */
  instancesOf(containerId: ContainerId): readonly InstanceView[] {
    const now = this.#clock.now();
    const { instances } = this.#poolOf(containerId);
    return instances.map((instance) =>
      toInstanceView(instance, this.#instance(instance.id), this.#containers.publishedPortsOf(instance.id), now),
    );
  }

  countsOf(containerId: ContainerId): FunctionCounts {
    return this.#countsIn(this.#poolOf(containerId));
  }

  hasInstance(instanceId: string): instanceId is InstanceId {
    return this.#scheduler.instance(instanceId as InstanceId) !== undefined;
  }

  /** The token of the claim on the instance, or of the last one that has ended; null where there was none. */
  holderOf(instanceId: InstanceId): string | null {
    const state = this.#scheduler.instance(instanceId)?.state;
    if (state === undefined) return null;
    return 'token' in state ? state.token : (state.ended?.token ?? null);
  }

  /** What the instance's latest run has printed; undefined where it never ran. */
  logOf(instanceId: InstanceId): RunLog | undefined {
    return this.#containers.logs.of(instanceId);
  }

  /** The log to follow: of an instance that is claimed or starts, that of the run to come; else as `logOf`. */
  logToFollow(instanceId: InstanceId): RunLog | undefined {
    const { name } = this.#scheduler.instance(instanceId)?.state ?? {};
    return name === 'claimed' || name === 'starting'
      ? this.#containers.logs.ofNext(instanceId)
      : this.logOf(instanceId);
  }

  readiness(): Readiness {
    const reason = this.#admission.reason ?? this.#records.findFailure(this.#clock.now());
    const functions = [...this.#scheduler.pools].map((pool) => this.#countsIn(pool));
    return { ready: reason === null, reason, functions };
  }

  #countsIn(pool: Pool): FunctionCounts {
    const { containerId } = pool.spec;
    return toCounts(pool, this.#functions.get(containerId)?.identifier ?? containerId);
  }

  #poolOf(containerId: ContainerId): Pool {
    const pool = this.#scheduler.pool(containerId);
    if (pool === undefined) throw new Error(`no function ${containerId} here`);
    return pool;
  }

  /** Puts a request to the scheduler, unless no caller is admitted now. */
  #ask(toCommand: (ticket: Ticket) => Command): Promise<Reply> {
    const reason = this.#admission.reason;
    if (reason !== null) return Promise.resolve({ type: 'rejected', rejection: { name: 'not-ready', reason } });
    return this.#callers.answerTo((ticket) => this.#apply(toCommand(ticket)));
  }

  /** Adds the pools, their instances as the store knows them, and answers what is to be done for them. */
  async #resume(functions: readonly FunctionSetup[]): Promise<readonly Effect[]> {
    const { store } = this.#setup;
    const { kept, dropped } = sortOut(store?.records ?? [], functions);
    const resumed = store === undefined ? noRuns : await this.#containers.resume(toResumeRequests(kept, functions));
    const now = this.#clock.now();
    const effects = functions.flatMap((spec) =>
      this.#scheduler.addPool(spec.pool, now, toRestored(kept, spec, resumed)),
    );
    store?.write([...dropped.map(toForgotten), ...this.#scheduler.changes], now);
    this.#scheduler.changesAreKept();
    for (const [instanceId, run] of resumed) {
      this.#containers.followResumed(instanceId, this.#scheduler.instance(instanceId)?.generation ?? 0, run);
    }
    return effects;
  }

  #apply(command: Command): void {
    const now = this.#clock.now();
    for (const effect of this.#records.keep(this.#scheduler.apply(command, now), now)) this.#run(effect);
    if (!this.#closed) this.#alarm.setFor(this.#scheduler.nextDeadline);
  }

  #run(effect: Effect): void {
    switch (effect.type) {
      case 'prepare':
        // Its instance is gone; what it would take the place of is the runtime's to remove, or to leave.
        if (this.#closed) return;
        void this.#containers.prepare(effect.instanceId, effect.generation, effect.hot);
        return;
      case 'discard':
        void this.#containers.discard(effect.instanceId);
        return;
      case 'start':
        return this.#containers.start(effect.instanceId, effect.generation, effect.variables);
      case 'stop':
        return this.#containers.stop(effect.instanceId, effect.generation);
      case 'reply':
        return this.#callers.answer(effect.ticket, effect.reply);
      case 'event':
        if (effect.event.name === 'instance.available' || effect.event.name === 'container.instance.start.failed')
          this.#containers.logs.noneComes(effect.event.instanceId);
        return this.#listeners.tell(effect.event);
    }
  }

  #outcome<Type extends Reply['type'], Value>(
    reply: Reply,
    type: Type,
    toValue: (reply: Extract<Reply, { type: Type }>) => Value,
  ): Result<Value> {
    if (reply.type === 'rejected') return reject(reply.rejection);
    if (!isReply(reply, type)) throw new Error(`a request was answered with ${reply.type} instead of ${type}`);
    return { ok: true, value: toValue(reply) };
  }

  #claimed(instanceId: InstanceId, token: string): ClaimedInstance {
    return { instanceId, token, network: this.#instance(instanceId).network };
  }

  #spawned(instanceId: InstanceId, token: string): SpawnedInstance {
    return { ...this.#claimed(instanceId, token), serverId: this.#setup.serverId };
  }

  /** Made on first use: a pool of thousands should not wait for descriptions of instances that do not exist yet. */
  #instance(instanceId: InstanceId): InstanceSetup {
    const known = this.#instances.get(instanceId);
    if (known !== undefined) return known;
    const instance = this.#scheduler.instance(instanceId);
    const spec = instance && this.#functions.get(instance.containerId);
    if (instance === undefined || spec === undefined) throw new Error(`no instance ${instanceId} here`);
    const setup = spec.describeInstance(instanceId, instance.seed);
    this.#instances.set(instanceId, setup);
    return setup;
  }
}

const noRuns: ReadonlyMap<InstanceId, ResumedRun> = new Map();

const toForgotten = ({ instanceId }: InstanceRecord): Change => ({ instanceId, record: null });

const reject = (rejection: Rejection) => ({ ok: false, rejection }) as const;

const isReply = <Type extends Reply['type']>(reply: Reply, type: Type): reply is Extract<Reply, { type: Type }> =>
  reply.type === type;
