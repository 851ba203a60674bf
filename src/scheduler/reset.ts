import { dismiss, makeFree } from './claims.ts';
import type { Instance, Pool, Ticket } from './pool.ts';
import type { Rejection } from './rejections.ts';
import type { SchedulerState } from './state.ts';

const wasReset: Rejection = { name: 'not-ready', reason: 'the emulator was reset' };

/**
 * Back to how it began: no claim waits, nothing is claimed or remembered, what ran is thrown away, and the pools have
 * their first size and order again. No platform has this; it is for tests.
 */
export const reset = (scheduler: SchedulerState): void => {
  dismiss(scheduler, wasReset.reason);
  for (const pool of scheduler.pools.values()) {
    for (const instance of [...pool.instances]) resetInstance(scheduler, instance);
    const grown = pool.instances.filter(({ seed }) => seed >= pool.spec.instances);
    for (const instance of grown) scheduler.removeInstance(instance);
    restoreOrder(pool, scheduler.now);
  }
};

const resetInstance = (scheduler: SchedulerState, instance: Instance): void => {
  const { state } = instance;
  const turnAway = (ticket: Ticket | null): void => {
    if (ticket !== null) scheduler.reject(ticket, wasReset);
  };
  switch (state.name) {
    case 'available':
      return;
    case 'preparing':
      return instance.pool.enter(instance, { ...state, ended: null });
    case 'claimed':
      scheduler.deadlines.callOff(state.lease);
      return makeFree(scheduler, instance, null);
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
  scheduler.prepare(instance, null);
};

/** Those that wait to be claimed, in the order in which the pool was first made, and without a memory. */
const restoreOrder = (pool: Pool, now: number): void => {
  for (const instance of pool.instances) {
    if (instance.state.name === 'available') pool.makeAvailable(instance, now, null);
  }
};
