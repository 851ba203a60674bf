import type { ContainerId, InstanceId } from '../shared/ids.ts';
import { abandon, claim, dismiss, takeBack } from './claims.ts';
import type { Command, Effect } from './commands.ts';
import { applyContainerEvent, tryAgain } from './container-events.ts';
import { type Instance, Pool, type PoolSpec } from './pool.ts';
import { type Change, type Restored, restore, toRecord } from './records.ts';
import type { Rejection } from './rejections.ts';
import { reload } from './reload.ts';
import { reset } from './reset.ts';
import { release, spawn } from './runs.ts';
import { SchedulerState } from './state.ts';

/**
 * The rules of one scheduler and nothing else: no I/O, no clock, no timers. `apply` takes what happened and when, and
 * answers what to do. A command walks at most over what is pending.
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
    this.#state.now = now;
    const pool = this.#state.addPool(spec);
    const bySeed = new Map(kept.map((restored) => [restored.record.seed, restored]));
    const size = kept.reduce((most, { record }) => Math.max(most, record.seed + 1), spec.instances);
    for (let seed = 0; seed < size; seed += 1) {
      const restored = bySeed.get(seed);
      const instance = this.#state.addInstance(pool, restored?.record.createdAt ?? now, seed >= spec.instances);
      if (restored === undefined) this.#state.askForContainer(instance);
      else restore(this.#state, instance, restored);
    }
    return this.#state.takeEffects();
  }

  /** What another process would have to know that was not kept yet. */
  get changes(): readonly Change[] {
    return [...this.#state.changed].map((instance) => {
      const isPresent = this.#state.instances.get(instance.id) === instance;
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
    return this.#state.instances.get(id);
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
    this.#state.now = now;
    for (let due = deadlines.next; due !== undefined && due.at <= now; due = deadlines.next) {
      deadlines.callOff(due);
      due.fallDue();
    }
    this.#do(command);
    return this.#state.takeEffects();
  }

  #do(command: Command): void {
    const scheduler = this.#state;
    switch (command.type) {
      case 'claim':
        return claim(scheduler, command);
      case 'spawn':
        return spawn(scheduler, command);
      case 'release':
        return release(scheduler, command);
      case 'abandon':
        return abandon(scheduler, command.ticket);
      case 'dismiss':
        return dismiss(scheduler, command.reason);
      case 'take-back':
        return takeBack(scheduler, command.instanceId, command.reason);
      case 'reset':
        return reset(scheduler);
      case 'reload':
        return reload(scheduler, command);
      case 'try-again':
        return tryAgain(scheduler);
      case 'tick':
        return;
      default: {
        const instance = scheduler.instances.get(command.instanceId);
        // An event of a container that has been replaced since is ignored.
        if (instance?.generation === command.generation) applyContainerEvent(scheduler, instance, command);
      }
    }
  }
}
