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
  readonly #known: SchedulerState;

  /** @param otherContainers containers of the environment that are no functions */
  constructor(otherContainers: Iterable<ContainerId> = []) {
    this.#known = new SchedulerState(otherContainers);
  }

  /**
   * Adds a function's pool and answers what is to be made for it.
   *
   * @param kept what an earlier process had recorded of instances that fit the pool; the pool grows to hold them
   */
  addPool(spec: PoolSpec, now: number, kept: readonly Restored[] = []): readonly Effect[] {
    const pool = this.#known.addPool(spec);
    const bySeed = new Map(kept.map((restored) => [restored.record.seed, restored]));
    const size = kept.reduce((most, { record }) => Math.max(most, record.seed + 1), spec.instances);
    for (let seed = 0; seed < size; seed += 1) {
      const restored = bySeed.get(seed);
      const pooled = this.#known.addPooled(pool, restored?.record.createdAt ?? now, seed >= spec.instances);
      if (restored === undefined) this.#known.prepareNextContainer(pooled);
      else restore(this.#known, pooled, restored, now);
    }
    return this.#known.takeEffects();
  }

  /** What another process would have to know that was not kept yet. */
  get changes(): readonly Change[] {
    return [...this.#known.changed].map((instance) => {
      const isPresent = this.#known.pooledInstances.get(instance.id)?.instance === instance;
      return { instanceId: instance.id, record: isPresent ? toRecord(instance) : null };
    });
  }

  /** The changes are where they will be found, or no store keeps any. */
  changesAreKept(): void {
    this.#known.changed.clear();
  }

  /** When time alone will next change something; null while nothing is pending. */
  get nextDeadline(): number | null {
    return this.#known.deadlines.next?.at ?? null;
  }

  get pools(): Iterable<Pool> {
    return this.#known.pools.values();
  }

  pool(containerId: ContainerId): Pool | undefined {
    return this.#known.pools.get(containerId);
  }

  instance(id: InstanceId): Instance | undefined {
    return this.#known.pooledInstances.get(id)?.instance;
  }

  /** The instances that are starting or running (documented), or why there is nothing to list. */
  active(containerId: string): readonly Instance[] | Rejection {
    const pool = this.#known.poolOf(containerId);
    if (!(pool instanceof Pool)) return pool;
    return [...pool.active].filter(({ state }) => state.name !== 'stopping');
  }

  /** Lets fall due what is due at `now`, in the order of its deadlines, then does the command. */
  apply(command: Command, now: number): readonly Effect[] {
    const { deadlines } = this.#known;
    for (let due = deadlines.next; due !== undefined && due.at <= now; due = deadlines.next) {
      deadlines.callOff(due);
      this.#fallDue(due.value, now);
    }
    this.#do(command, now);
    return this.#known.takeEffects();
  }

  #fallDue(thing: DueThing, now: number): void {
    switch (thing.type) {
      case 'lease-ends':
        return this.#onPooled(thing.instance.id, (pooled) => expireLease(this.#known, pooled, now));
      case 'runtime-ends':
        return this.#onPooled(thing.instance.id, (pooled) => stopOverdue(this.#known, pooled, now));
      case 'prepare-again':
        return this.#onPooled(thing.instance.id, (pooled) => prepareAgain(this.#known, pooled, now));
      case 'queue-time-ends':
        return giveUpWaiting(this.#known, thing.waiter, now);
    }
  }

  #do(command: Command, now: number): void {
    const known = this.#known;
    switch (command.type) {
      case 'claim':
        return claim(known, command, now);
      case 'spawn':
        return spawn(known, command, now);
      case 'release':
        return release(known, command, now);
      case 'abandon':
        return abandon(known, command.ticket, now);
      case 'dismiss':
        return dismiss(known, command.reason, now);
      case 'reset':
        return reset(known, now);
      case 'prepared':
        return this.#onContainer(command, (pooled) => prepared(known, pooled, command.hot, now));
      case 'prepare-failed':
        return this.#onContainer(command, (pooled) => prepareFailed(known, pooled, command.reason, now));
      case 'started':
        return this.#onContainer(command, (pooled) => started(known, pooled, command.publishedPorts, now));
      case 'start-failed':
        return this.#onContainer(command, (pooled) => startFailed(known, pooled, command, now));
      case 'stop-failed':
        return this.#onContainer(command, (pooled) => stopFailed(known, pooled, command.reason, now));
      case 'exited':
        return this.#onContainer(command, (pooled) => exited(known, pooled, command.exit, now));
      case 'lost':
        return this.#onContainer(command, (pooled) => lost(known, pooled, command.reason, now));
      case 'try-again':
        return tryAgain(known, now);
      case 'tick':
        return;
    }
  }

  #onPooled(id: InstanceId, act: (pooled: PooledInstance) => void): void {
    const pooled = this.#known.pooledInstances.get(id);
    if (pooled !== undefined) act(pooled);
  }

  /** An event of a container that has been replaced since is ignored. */
  #onContainer(
    news: { readonly instanceId: InstanceId; readonly generation: number },
    act: (pooled: PooledInstance) => void,
  ): void {
    this.#onPooled(news.instanceId, (pooled) => {
      if (pooled.instance.generation === news.generation) act(pooled);
    });
  }
}
