import { dismiss, giveBack } from './claims.ts';
import type { Pool, Ticket } from './pool.ts';
import type { Rejection } from './rejections.ts';
import type { PooledInstance, SchedulerState } from './state.ts';

const wasReset: Rejection = { name: 'not-ready', reason: 'the emulator was reset' };

/**
 * Back to how it began: no claim waits, nothing is claimed or remembered, what ran is thrown away, and the pools have
 * their first size and order again. No platform has this; it is for tests.
 */
export const reset = (scheduler: SchedulerState, now: number): void => {
  dismiss(scheduler, wasReset.reason, now);
  for (const pool of scheduler.pools.values()) {
    const pooledInstances = pool.instances.map((instance) => ({ pool, instance }));
    for (const pooled of pooledInstances) resetInstance(scheduler, pooled, now);
    for (const { instance } of pooledInstances.slice(pool.spec.instances)) scheduler.removeInstance(pool, instance);
    restoreOrder(pool, now);
  }
};

const resetInstance = (scheduler: SchedulerState, { pool, instance }: PooledInstance, now: number): void => {
  const { state } = instance;
  const turnAway = (ticket: Ticket | null): void => {
    if (ticket !== null) scheduler.reject(ticket, wasReset);
  };
  switch (state.name) {
    case 'available':
      return;
    case 'preparing':
      return pool.enter(instance, { ...state, ended: null });
    case 'claimed':
      scheduler.deadlines.callOff(state.lease);
      return giveBack(scheduler, { pool, instance }, state, null, now);
    case 'failed':
      scheduler.deadlines.callOff(state.retry);
      break;
    case 'starting':
      turnAway(state.spawner);
      turnAway(state.releaser);
      break;
    case 'running':
      if (state.runtimeLimit !== null) scheduler.deadlines.callOff(state.runtimeLimit);
      break;
    case 'stopping':
      turnAway(state.releaser);
      break;
  }
  pool.enter(instance, { name: 'preparing', since: now, attempt: 1, ended: null });
  scheduler.prepareNextContainer({ pool, instance });
};

/** Those that wait to be claimed, in the order in which the pool was first made, and without a memory. */
const restoreOrder = (pool: Pool, now: number): void => {
  for (const instance of pool.instances) {
    if (instance.state.name === 'available') pool.makeAvailable(instance, now, null);
  }
};
