import type { ContainerId } from '../shared/ids.ts';
import type { Effect, InstanceEvent, LineEvent, Reply } from './commands.ts';
import {
  type Deadline,
  type EndedClaim,
  type Instance,
  Pool,
  type PoolSpec,
  type Ticket,
  type Waiter,
} from './pool.ts';
import type { Rejection } from './rejections.ts';

/** All a scheduler knows, and the effects its rules have asked for since they were last taken. Holds no rules. */
export class SchedulerState {
  /** When that happened which the rules are applied to, in milliseconds since the epoch. */
  now = 0;
  readonly deadlines = new Deadlines();
  readonly pools = new Map<string, Pool>();
  readonly instances = new Map<string, Instance>();
  readonly waiters = new Map<Ticket, Waiter>();
  /** Instances whose records may have changed since they were last kept. */
  readonly changed = new Set<Instance>();
  otherContainers: ReadonlySet<string>;
  /** Of instances that are gone: events of their containers must not pass for those of the next instance at their place. */
  readonly #lastGenerations = new Map<string, number>();
  #effects: Effect[] = [];

  constructor(otherContainers: Iterable<ContainerId>) {
    this.otherContainers = new Set(otherContainers);
  }

  addPool(spec: PoolSpec): Pool {
    const pool = new Pool(spec, this.changed);
    this.pools.set(spec.containerId, pool);
    return pool;
  }

  /** The next instance of a pool, and nothing done for it yet. */
  addInstance(pool: Pool, createdAt: number, autoscaled: boolean): Instance {
    const instance = pool.add(createdAt, autoscaled);
    instance.generation = this.#lastGenerations.get(instance.id) ?? 0;
    this.instances.set(instance.id, instance);
    if (autoscaled) this.changed.add(instance);
    return instance;
  }

  /** Takes an instance out of its pool; its container, in any state, is to go, and so is a removed pool after its last. */
  removeInstance(instance: Instance): void {
    const { id, pool, generation } = instance;
    pool.remove(instance);
    this.instances.delete(id);
    this.#lastGenerations.set(id, generation);
    this.dropIfEmpty(pool);
    this.changed.add(instance);
    this.ask({ type: 'discard', instanceId: id });
  }

  /** Forgets a pool that the stack has no more, once it has no instances. */
  dropIfEmpty(pool: Pool): void {
    if (pool.isRemoved && pool.instances.length === 0) this.pools.delete(pool.spec.containerId);
  }

  /** The function's pool, or why there is none. */
  poolOf(containerId: string): Pool | Rejection {
    return this.pools.get(containerId) ?? this.whyNoPool(containerId);
  }

  whyNoPool(containerId: string): Rejection {
    if (this.otherContainers.has(containerId))
      return { name: 'not-a-function', containerId: containerId as ContainerId };
    return { name: 'unknown-container', containerId };
  }

  /** The function's instance, or why there is none: another function's instance is unknown here. */
  findInstance(containerId: string, instanceId: string): Instance | Rejection {
    const pool = this.poolOf(containerId);
    if (!(pool instanceof Pool)) return pool;
    const instance = this.instances.get(instanceId);
    if (instance?.pool === pool) return instance;
    return { name: 'unknown-instance', containerId: pool.spec.containerId, instanceId };
  }

  /** Has the instance's next container made, and the instance wait for it; one that its pool has no place for goes. */
  prepare(instance: Instance, ended: EndedClaim | null, attempt = 1): void {
    if (instance.pool.isSurplus(instance)) return this.removeInstance(instance);
    instance.pool.enter(instance, { name: 'preparing', since: this.now, attempt, ended });
    this.askForContainer(instance);
  }

  /** Has the instance's next container made, in any state of the instance. */
  askForContainer(instance: Instance): void {
    instance.generation += 1;
    instance.isStale = false;
    const { id: instanceId, generation, pool } = instance;
    this.ask({ type: 'prepare', instanceId, generation, hot: pool.wantsHot(instance), warm: pool.wantsWarm(instance) });
  }

  ask(effect: Effect): void {
    this.#effects.push(effect);
  }

  reply(ticket: Ticket, reply: Reply): void {
    this.ask({ type: 'reply', ticket, reply });
  }

  reject(ticket: Ticket, rejection: Rejection): void {
    this.reply(ticket, { type: 'rejected', rejection });
  }

  /** Reports what happened to the line of a pool. */
  emit({ spec: { containerId }, line }: Pool, name: LineEvent['name']): void {
    this.ask({ type: 'event', event: { name, at: this.now, containerId, waiting: line.size } });
  }

  /** Reports what happened to an instance. */
  emitFor({ id: instanceId, pool }: Instance, event: InstanceEvent): void {
    const { containerId } = pool.spec;
    this.ask({ type: 'event', event: { ...event, at: this.now, containerId, instanceId } });
  }

  takeEffects(): readonly Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}

/** What will fall due: the next first, and equal times in the order in which they were added. */
export class Deadlines {
  readonly #sorted: Deadline[] = [];

  get next(): Deadline | undefined {
    return this.#sorted[0];
  }

  add(at: number, fallDue: () => void): Deadline {
    const deadline = { at, fallDue };
    // Most are later than all before.
    const before = this.#sorted.findLastIndex((other) => other.at <= at);
    this.#sorted.splice(before + 1, 0, deadline);
    return deadline;
  }

  /** Takes a deadline out; one that is out already stays out. */
  callOff(deadline: Deadline): void {
    const index = this.#sorted.indexOf(deadline);
    if (index >= 0) this.#sorted.splice(index, 1);
  }
}
