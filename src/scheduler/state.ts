import type { ContainerId, InstanceId } from '../shared/ids.ts';
import type { Effect, SchedulerEvent } from './commands.ts';
import { Deadlines } from './deadlines.ts';
import { type DueThing, type Instance, Pool, type PoolSpec, type Ticket, type Waiter } from './pool.ts';
import type { Rejection } from './rejections.ts';

export type PooledInstance = { readonly pool: Pool; readonly instance: Instance };

/** All a scheduler knows, and the effects its rules have asked for since they were last taken. Holds no rules. */
export class SchedulerState {
  readonly deadlines = new Deadlines<DueThing>();
  readonly pools = new Map<string, Pool>();
  readonly pooledInstances = new Map<string, PooledInstance>();
  readonly waiters = new Map<Ticket, Waiter>();
  /** Instances whose records may have changed since they were last kept. */
  readonly changed = new Set<Instance>();
  readonly #otherContainers: ReadonlySet<string>;
  #effects: Effect[] = [];

  constructor(otherContainers: Iterable<ContainerId>) {
    this.#otherContainers = new Set(otherContainers);
  }

  addPool(spec: PoolSpec): Pool {
    const pool = new Pool(spec, this.changed);
    this.pools.set(spec.containerId, pool);
    return pool;
  }

  addInstance(pool: Pool, now: number, autoscaled: boolean): Instance {
    const pooled = this.registerInstance(pool, now, autoscaled);
    this.prepareNextContainer(pooled);
    return pooled.instance;
  }

  /** The next instance of a pool, and nothing done for it yet. */
  registerInstance(pool: Pool, createdAt: number, autoscaled: boolean): PooledInstance {
    const pooled = { pool, instance: pool.add(createdAt, autoscaled) };
    this.pooledInstances.set(pooled.instance.id, pooled);
    if (autoscaled) this.changed.add(pooled.instance);
    return pooled;
  }

  /** Takes the last instance out of its pool; its container, in any state, is to go. */
  removeInstance(pool: Pool, instance: Instance): void {
    pool.remove(instance);
    this.pooledInstances.delete(instance.id);
    this.changed.add(instance);
    this.emit({ type: 'discard', instanceId: instance.id });
  }

  /** The function's pool, or why there is none. */
  poolOf(containerId: string): Pool | Rejection {
    const pool = this.pools.get(containerId);
    if (pool !== undefined) return pool;
    if (this.#otherContainers.has(containerId))
      return { name: 'not-a-function', containerId: containerId as ContainerId };
    return { name: 'unknown-container', containerId };
  }

  /** The function's instance, or why there is none: another function's instance is unknown here. */
  findInstance(containerId: string, instanceId: string): PooledInstance | Rejection {
    const pool = this.poolOf(containerId);
    if (!(pool instanceof Pool)) return pool;
    const pooled = this.pooledInstances.get(instanceId);
    if (pooled?.pool === pool) return pooled;
    return { name: 'unknown-instance', containerId: pool.spec.containerId, instanceId };
  }

  prepareNextContainer({ pool, instance }: PooledInstance): void {
    instance.generation += 1;
    this.emit({
      type: 'prepare',
      instanceId: instance.id,
      generation: instance.generation,
      hot: pool.wantsHot(instance),
    });
  }

  emit(effect: Effect): void {
    this.#effects.push(effect);
  }

  emitEvent(event: SchedulerEvent): void {
    this.emit({ type: 'event', event });
  }

  /** Reports an event of an instance that its name says all about. */
  emitEventFor(instance: Instance, name: PlainInstanceEvent, at: number): void {
    this.emitEvent({ name, at, containerId: instance.containerId, instanceId: instance.id });
  }

  reject(ticket: Ticket, rejection: Rejection): void {
    this.emit({ type: 'reply', ticket, reply: { type: 'rejected', rejection } });
  }

  takeEffects(): readonly Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}

type PlainInstanceEvent = Extract<
  SchedulerEvent,
  { instanceId: InstanceId; reason?: never; exit?: never; publishedPorts?: never }
>['name'];
