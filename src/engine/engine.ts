import { addAbortListener } from 'node:events';
import { findInvalidVariable } from '../environment/variables.ts';
import type { ContainerRuntime } from '../runtime/port.ts';
import type { Command, Effect, Reply, SchedulerEvent } from '../scheduler/commands.ts';
import type { ReleaseTimes, Ticket } from '../scheduler/pool.ts';
import type { Rejection } from '../scheduler/rejections.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { lazily } from '../shared/async.ts';
import { AlarmClock, type Clock } from '../shared/clock.ts';
import { Listeners } from '../shared/events.ts';
import type { ContainerId, InstanceId, ServerId } from '../shared/ids.ts';
import { CheckedRuns } from './checks.ts';
import { ContainerManager, InstanceSetups } from './container-manager.ts';
import { Persistence } from './persistence.ts';
import { compareFunctions, type Done, describeReload, toReload } from './reload.ts';
import type {
  ActiveInstance,
  ClaimedInstance,
  ClaimRequest,
  EngineSetup,
  FunctionChange,
  FunctionSetup,
  Readiness,
  ReleasedInstance,
  ReleaseRequest,
  Result,
  SchedulerService,
  SpawnedInstance,
  SpawnRequest,
} from './service.ts';
import { Views } from './views.ts';
import { Work } from './work.ts';

type Accepted = Exclude<Reply, { type: 'rejected' }>;

/**
 * The shell around the rules. It alone gives the scheduler commands, does what they ask for, feeds results and exits
 * back, and holds the callers' promises. The maker of runtime and clock disposes of them.
 * PARITY: one scheduler owns all instances of a function; on the platform several share them by sharding.
 */
export class Engine implements SchedulerService {
  readonly #serverId: ServerId;
  readonly clock: Clock;
  readonly #scheduler: Scheduler;
  /** Null where nothing outlives the process. */
  readonly #persistence: Persistence | null;
  readonly #containers: ContainerManager;
  readonly #checks: () => CheckedRuns;
  readonly #views: () => Views;
  readonly #alarm: AlarmClock;
  /** The callers that wait for an answer. */
  readonly #waiting = new Map<Ticket, (reply: Reply) => void>();
  #ticketsIssued = 0;
  #isFilled = false;
  /** Why the runtime cannot be asked; null while it can. */
  #awayReason: string | null = null;
  /** Why no caller is admitted any more; null while the engine is open. */
  #closingReason: string | null = null;
  readonly #setups: InstanceSetups;
  readonly #listeners = new Listeners<SchedulerEvent>();
  readonly #unsubscribe: () => void;

  constructor(setup: EngineSetup, runtime: ContainerRuntime, clock: Clock, work: Work = new Work()) {
    this.#serverId = setup.serverId;
    this.clock = clock;
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
      setup,
    );
    const seen = { serverId: setup.serverId, scheduler: this.#scheduler, setups: this.#setups };
    const parts = { ...seen, containers: this.#containers, events: this.#listeners, clock, work };
    this.#checks = lazily(() => new CheckedRuns(parts, (command) => this.#apply(command)));
    this.#views = lazily(() => new Views(parts, this.#checks()));
    this.#alarm = new AlarmClock(clock, () => this.#apply({ type: 'tick' }));
    this.#unsubscribe = runtime.subscribe((event) => {
      // The other events are messages for the user of the emulator: neither the rules nor callers need them.
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
      : functions.flatMap(({ pool }) => this.#scheduler.addPool(pool, this.clock.now()));
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
    const compared = compareFunctions(this.#scheduler, this.#setups.functions, functions);
    for (const setup of functions) this.#setups.functions.set(setup.pool.containerId, setup);
    const done = this.#apply(toReload(compared, otherContainers));
    return await describeReload(this.#scheduler, compared, done);
  }

  /** Back to how it was when filled: no claims, no runs, no waiting. Resolves once all pools are full. */
  async reset(): Promise<void> {
    this.#checks().endAll();
    this.#apply({ type: 'reset' });
    await this.#containers.settled();
  }

  /** Admits no caller any more, sends those in line away; to the store, what runs goes on until `keepEnds`. */
  close(reason: string): void {
    this.#closingReason = reason;
    this.#apply({ type: 'dismiss', reason });
    this.#alarm.cancel();
    this.#checks().endAll();
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
    const rejection: Rejection = { name: 'not-ready', reason };
    for (const ticket of this.#waiting.keys()) this.#answer(ticket, { type: 'rejected', rejection });
  }

  /** Calls the listener for all that happens until the returned function is called. */
  subscribe(listener: (event: SchedulerEvent) => void): () => void {
    return this.#listeners.add(listener);
  }

  async claim({ containerId, token, signal, onQueued }: ClaimRequest): Promise<Result<ClaimedInstance>> {
    if (signal.aborted) return reject({ name: 'caller-gone' });
    const ask = (ticket: Ticket): Command => ({ type: 'claim', ticket, containerId, token });
    const toValue = ({ instanceId }: Accepted) => this.#claimed(instanceId, token);
    return await this.#ask(ask, toValue, (ticket) => {
      // Also where a listener to the events of this very claim has aborted it.
      addAbortListener(signal, () => this.#apply({ type: 'abandon', ticket }));
      onQueued?.();
    });
  }

  async spawn(request: SpawnRequest): Promise<Result<SpawnedInstance>> {
    const invalid = findInvalidVariable(request.variables);
    if (invalid !== null) return reject({ name: 'invalid-variable', ...invalid });
    const ask = (ticket: Ticket): Command => ({ type: 'spawn', ticket, ...request });
    return await this.#ask(ask, ({ instanceId }) => this.#spawned(instanceId, request.token));
  }

  async release(request: ReleaseRequest): Promise<Result<ReleasedInstance>> {
    const ask = (ticket: Ticket): Command => ({ type: 'release', ticket, ...request });
    return await this.#ask(ask, ({ type: _type, instanceId, ...times }) => ({
      ...this.#spawned(instanceId, request.token),
      ...(times as ReleaseTimes),
    }));
  }

  active({ containerId }: { containerId: string }): Result<readonly ActiveInstance[]> {
    const reason = this.#whyNoCaller;
    if (reason !== null) return reject({ name: 'not-ready', reason });
    const instances = this.#scheduler.active(containerId);
    if ('name' in instances) return reject(instances);
    return { ok: true, value: instances.map((instance) => this.views.toActive(instance)) };
  }

  readiness(): Readiness {
    const reason = this.#whyNoCaller ?? this.#persistence?.findFailure() ?? null;
    const functions = [...this.#scheduler.pools].map((pool) => this.views.toCounts(pool));
    return { ready: reason === null, reason, functions };
  }

  /** What onlookers see. */
  get views(): Views {
    return this.#views();
  }

  /** What the rules know, to be looked at. */
  get rules(): Pick<Scheduler, 'nextDeadline' | 'pools' | 'pool' | 'instance'> {
    return this.#scheduler;
  }

  /** The token that the instance is claimed with; null where it is not. */
  holderOf(instanceId: InstanceId): string | null {
    const state = this.#scheduler.instance(instanceId)?.state;
    return state && 'token' in state ? state.token : null;
  }

  /** Why no caller is admitted, the weightiest reason; null while callers are. */
  get #whyNoCaller(): string | null {
    return this.#closingReason ?? this.#awayReason ?? (this.#isFilled ? null : 'the pools are still being made');
  }

  /** Puts a request to the scheduler, unless no caller is admitted now. Calls `onWait` where the answer does not come at once. */
  async #ask<Value>(
    toCommand: (ticket: Ticket) => Command,
    toValue: (accepted: Accepted) => Value,
    onWait?: (ticket: Ticket) => void,
  ): Promise<Result<Value>> {
    const reason = this.#whyNoCaller;
    if (reason !== null) return reject({ name: 'not-ready', reason });
    const ticket = ++this.#ticketsIssued;
    const { promise, resolve } = Promise.withResolvers<Reply>();
    this.#waiting.set(ticket, resolve);
    this.#apply(toCommand(ticket));
    if (this.#waiting.has(ticket)) onWait?.(ticket);
    const reply = await promise;
    return reply.type === 'rejected' ? reject(reply.rejection) : { ok: true, value: toValue(reply) };
  }

  #answer(ticket: Ticket, reply: Reply): void {
    this.#waiting.get(ticket)?.(reply);
    this.#waiting.delete(ticket);
  }

  #apply(command: Command): readonly Done[] {
    const asked = this.#scheduler.apply(command, this.clock.now());
    if (this.#persistence === null) this.#scheduler.changesAreKept();
    const { effects, undoing } = this.#persistence?.keep(asked) ?? { effects: asked, undoing: [] };
    const done = effects.map((effect) => ({ effect, failure: this.#run(effect) }));
    for (const undo of undoing) this.#apply(undo);
    if (this.#closingReason === null) this.#alarm.setFor(this.#scheduler.nextDeadline);
    return done;
  }

  /** Carries out an effect. Where it makes a container, resolves to the failure, or null; undefined for all others. */
  #run(effect: Effect): Promise<unknown> | undefined {
    switch (effect.type) {
      case 'prepare':
        // The engine is stopping: no container is made any more, and the runtime removes the old one, or leaves it.
        if (this.#closingReason !== null) return;
        this.#setups.renew(effect.instanceId);
        return this.#containers.prepare(effect);
      case 'discard':
        return void this.#containers.discard(effect.instanceId);
      case 'start':
        return void this.#containers.start(effect.instanceId, effect.generation, effect.variables);
      case 'stop':
        this.#checks().end(effect.instanceId);
        return void this.#containers.stop(effect.instanceId, effect.generation, effect.hasFailed);
      case 'reply':
        return void this.#answer(effect.ticket, effect.reply);
      case 'event':
        this.#follow(effect.event);
        return void this.#listeners.emit(effect.event);
    }
  }

  #follow(event: SchedulerEvent): void {
    switch (event.name) {
      case 'instance.running':
        return this.#checks().begin(event.instanceId);
      case 'instance.ended':
        return this.#checks().end(event.instanceId);
      case 'instance.available':
      case 'container.instance.start.failed':
        return this.#containers.logs.noneComes(event.instanceId);
    }
  }

  #claimed(instanceId: InstanceId, token: string): ClaimedInstance {
    return { instanceId, token, network: this.#setups.of(instanceId).network };
  }

  #spawned(instanceId: InstanceId, token: string): SpawnedInstance {
    return { ...this.#claimed(instanceId, token), serverId: this.#serverId };
  }
}

const reject = (rejection: Rejection) => ({ ok: false, rejection }) as const;
