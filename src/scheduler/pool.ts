import type { ContainerId, InstanceId } from '../ids.ts';
import { Fifo } from './fifo.ts';
import { type Instance, type InstanceState, isTaken, type StateName, type Waiter } from './instance.ts';

/** What a function's pool is made with. */
export type PoolSpec = {
  readonly containerId: ContainerId;
  /** How many instances exist from the start, and how many there may be. */
  readonly instances: number;
  readonly maxPoolSize: number;
  /** How many may be claimed or running at one time; null is no limit. */
  readonly maxShardConcurrency: number | null;
  readonly maxRuntimeMs: number | null;
  readonly maxQueueTimeMs: number;
  /** The ID of the instance at a place of the pool; the same place has the same ID in every run. */
  readonly instanceIdAt: (seed: number) => InstanceId;
};

/** The instances of one function, its waiting line, and how many instances are in which state. */
export class Pool {
  readonly spec: PoolSpec;
  readonly instances: Instance[] = [];
  /** Longest-available first (our choice). */
  readonly available = new Fifo<Instance>();
  readonly line = new Fifo<Waiter>();
  /** Starting, running and stopping, in the order in which they were spawned. */
  readonly active = new Set<Instance>();
  readonly counts: Record<StateName, number> = {
    preparing: 0,
    available: 0,
    claimed: 0,
    starting: 0,
    running: 0,
    stopping: 0,
    failed: 0,
  };

  constructor(spec: PoolSpec) {
    this.spec = spec;
  }

  get taken(): number {
    return this.counts.claimed + this.counts.starting + this.counts.running + this.counts.stopping;
  }

  /** How many more may be taken at this time. */
  get headroom(): number {
    return (this.spec.maxShardConcurrency ?? Number.POSITIVE_INFINITY) - this.taken;
  }

  add(now: number, autoscaled: boolean): Instance {
    const seed = this.instances.length;
    const instance: Instance = {
      id: this.spec.instanceIdAt(seed),
      containerId: this.spec.containerId,
      seed,
      autoscaled,
      createdAt: now,
      body: 0,
      state: { name: 'preparing', since: now, attempt: 1, ended: null },
    };
    this.instances.push(instance);
    this.counts.preparing += 1;
    return instance;
  }

  /** Forgets an instance, whatever its state. */
  remove(instance: Instance): void {
    if (instance.state.name === 'available') this.available.remove(instance.state.place);
    this.active.delete(instance);
    this.counts[instance.state.name] -= 1;
    this.instances.splice(this.instances.lastIndexOf(instance), 1);
  }

  /** The only place where a state changes, so that counts and the set of active instances cannot drift from it. */
  enter(instance: Instance, state: InstanceState): void {
    this.counts[instance.state.name] -= 1;
    this.counts[state.name] += 1;
    if (isTaken(state.name) && state.name !== 'claimed') this.active.add(instance);
    else this.active.delete(instance);
    instance.state = state;
  }

  makeAvailable(instance: Instance, now: number, ended: Extract<InstanceState, { name: 'available' }>['ended']): void {
    this.enter(instance, { name: 'available', since: now, place: this.available.push(instance), ended });
  }
}
