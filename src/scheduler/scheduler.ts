import type { ContainerId, InstanceId } from '../shared/ids.ts';
import { abandon, claim, dismiss, expireLease, giveUpWaiting } from './claims.ts';
import type { Command, Effect } from './commands.ts';
import {
  exited,
  lost,
  prepareAgain,
  prepared,
  prepareFailed,
  started,
  startFailed,
  stopFailed,
  stopOverdue,
  tryAgain,
} from './container-events.ts';
import { type DueThing, type Instance, Pool, type PoolSpec } from './pool.ts';
import { type Change, type Restored, restore, toRecord } from './records.ts';
import type { Rejection } from './rejections.ts';
import { reset } from './reset.ts';
import { release, spawn } from './runs.ts';
import { type PooledInstance, SchedulerState } from './state.ts';

/**
 * The rules of one scheduler and nothing else: no I/O, no clock, no timers. `apply` takes what happened and when, and
 * answers what to do. Each command costs at most O(log n) of what is pending, for pools of any size.
 */
export class Scheduler {
  readonly #state: SchedulerState;

  /** @param otherContainers containers of the environment that are no functions */
  constructor(otherContainers: Iterable<ContainerId> = []) {
    this.#state = new SchedulerState(otherContainers);
  }

  /**
   * Adds a function's pool and answers what is to be made for it.
   *
   * @param kept what an earlier process had recorded of instances that fit the pool; the pool grows to hold them
   */
  addPool(spec: PoolSpec, now: number, kept: readonly Restored[] = []): readonly Effect[] {
    const pool = this.#state.addPool(spec);
    const bySeed = new Map(kept.map((restored) => [restored.record.seed, restored]));
    const size = kept.reduce((most, { record }) => Math.max(most, record.seed + 1), spec.instances);
    for (let seed = 0; seed < size; seed += 1) {
      const restored = bySeed.get(seed);
      const pooled = this.#state.registerInstance(pool, restored?.record.createdAt ?? now, seed >= spec.instances);
      if (restored === undefined) this.#state.prepareNextContainer(pooled);
      else restore(this.#state, pooled, restored, now);
    }
    return this.#state.takeEffects();
  }

  /** What another process would have to know that was not kept yet. */
  get changes(): readonly Change[] {
    return [...this.#state.changed].map((instance) => {
      const isPresent = this.#state.pooledInstances.get(instance.id)?.instance === instance;
      return { instanceId: instance.id, record: isPresent ? toRecord(instance) : null };
    });
  }

  /** The changes are where they will be found, or no store keeps any. */
  changesAreKept(): void {
    this.#state.changed.clear();
  }

  /** When time alone will next change something; null while nothing is pending. */
  get nextDeadline(): number | null {
    return this.#state.deadlines.next?.at ?? null;
  }

  get pools(): Iterable<Pool> {
    return this.#state.pools.values();
  }

  pool(containerId: ContainerId): Pool | undefined {
    return this.#state.pools.get(containerId);
  }

  instance(id: InstanceId): Instance | undefined {
    return this.#state.pooledInstances.get(id)?.instance;
  }

  /** The instances that are starting or running (documented), or why there is nothing to list. */
  active(containerId: string): readonly Instance[] | Rejection {
    const pool = this.#state.poolOf(containerId);
    if (!(pool instanceof Pool)) return pool;
    return [...pool.active].filter(({ state }) => state.name !== 'stopping');
  }

  /** Lets fall due what is due at `now`, in the order of its deadlines, then does the command. */
  apply(command: Command, now: number): readonly Effect[] {
    const { deadlines } = this.#state;
    for (let due = deadlines.next; due !== undefined && due.at <= now; due = deadlines.next) {
      deadlines.callOff(due);
      this.#fallDue(due.value, now);
    }
    this.#do(command, now);
    return this.#state.takeEffects();
  }

  #fallDue(thing: DueThing, now: number): void {
    switch (thing.type) {
      case 'lease-ends':
        return this.#onInstance(thing.instance.id, (pooled) => expireLease(this.#state, pooled, now));
      case 'runtime-ends':
        return this.#onInstance(thing.instance.id, (pooled) => stopOverdue(this.#state, pooled, now));
      case 'prepare-again':
        return this.#onInstance(thing.instance.id, (pooled) => prepareAgain(this.#state, pooled, now));
      case 'queue-time-ends':
        return giveUpWaiting(this.#state, thing.waiter, now);
    }
  }

  #do(command: Command, now: number): void {
    const scheduler = this.#state;
    switch (command.type) {
      case 'claim':
        return claim(scheduler, command, now);
      case 'spawn':
        return spawn(scheduler, command, now);
      case 'release':
        return release(scheduler, command, now);
      case 'abandon':
        return abandon(scheduler, command.ticket, now);
      case 'dismiss':
        return dismiss(scheduler, command.reason, now);
      case 'reset':
        return reset(scheduler, now);
      case 'prepared':
        return this.#onContainer(command, (pooled) => prepared(scheduler, pooled, command.hot, now));
      case 'prepare-failed':
        return this.#onContainer(command, (pooled) => prepareFailed(scheduler, pooled, command.reason, now));
      case 'started':
        return this.#onContainer(command, (pooled) => started(scheduler, pooled, command.publishedPorts, now));
      case 'start-failed':
        return this.#onContainer(command, (pooled) => startFailed(scheduler, pooled, command, now));
      case 'stop-failed':
        return this.#onContainer(command, (pooled) => stopFailed(scheduler, pooled, command.reason, now));
      case 'exited':
        return this.#onContainer(command, (pooled) => exited(scheduler, pooled, command.exit, now));
      case 'lost':
        return this.#onContainer(command, (pooled) => lost(scheduler, pooled, command.reason, now));
      case 'try-again':
        return tryAgain(scheduler, now);
      case 'tick':
        return;
    }
  }

  #onInstance(id: InstanceId, act: (pooled: PooledInstance) => void): void {
    const pooled = this.#state.pooledInstances.get(id);
    if (pooled !== undefined) act(pooled);
  }

  /** An event of a container that has been replaced since is ignored. */
  #onContainer(
    event: { readonly instanceId: InstanceId; readonly generation: number },
    act: (pooled: PooledInstance) => void,
  ): void {
    this.#onInstance(event.instanceId, (pooled) => {
      if (pooled.instance.generation === event.generation) act(pooled);
    });
  }
}
