import { admit, dismissAll, growForLine, shrinkLater } from './claims.ts';
import type { Command, PoolChange } from './commands.ts';
import type { Instance, InstanceState, Pool } from './pool.ts';
import type { SchedulerState } from './state.ts';

/**
 * The stack has changed. No platform has this; it is for people who edit their functions (our choice throughout): what is
 * claimed keeps the container it was granted, what runs goes on under the limits that it began with, and each is replaced once
 * it is free. What waits is replaced now.
 */
export const reload = (
  scheduler: SchedulerState,
  { pools, otherContainers }: Extract<Command, { type: 'reload' }>,
): void => {
  scheduler.otherContainers = new Set(otherContainers);
  const kept = new Set<string>(pools.map(({ spec }) => spec.containerId));
  for (const pool of [...scheduler.pools.values()]) {
    if (!kept.has(pool.spec.containerId)) removePool(scheduler, pool);
  }
  for (const change of pools) {
    const { containerId } = change.spec;
    changePool(scheduler, scheduler.pools.get(containerId) ?? scheduler.addPool(change.spec), change);
  }
};

const removePool = (scheduler: SchedulerState, pool: Pool): void => {
  pool.isRemoved = true;
  pool.spec = { ...pool.spec, instances: 0, maxPoolSize: 0 };
  dismissAll(scheduler, pool.line, scheduler.whyNoPool(pool.spec.containerId));
  for (const instance of [...pool.instances]) replaceWaiting(scheduler, instance);
  scheduler.dropIfEmpty(pool);
};

const changePool = (scheduler: SchedulerState, pool: Pool, { spec, isRenewed }: PoolChange): void => {
  pool.spec = spec;
  pool.isRemoved = false;
  if (isRenewed) forgetReadiness(pool);
  for (const instance of [...pool.instances]) {
    if (instance.autoscaled && instance.seed < spec.instances) {
      instance.autoscaled = false;
      scheduler.changed.add(instance);
    }
    instance.isStale ||= isRenewed;
    if (isRenewed || pool.isSurplus(instance)) replaceWaiting(scheduler, instance);
  }
  while (pool.freePlace < spec.instances) {
    scheduler.askForContainer(scheduler.addInstance(pool, scheduler.now, false));
  }
  if (pool.shrinking !== null) scheduler.deadlines.callOff(pool.shrinking);
  pool.shrinking = null;
  shrinkLater(scheduler, pool);
  admit(scheduler, pool);
  for (const _waiter of pool.line) growForLine(scheduler, pool);
};

/** How many are kept hot and warm may be another number. */
const forgetReadiness = (pool: Pool): void => {
  pool.warm.clear();
  for (const instance of pool.hot) if (isWaiting(instance)) pool.hot.delete(instance);
};

/** Has the container of an instance that is free replaced; one that its pool has no place for goes. */
const replaceWaiting = (scheduler: SchedulerState, instance: Instance): void => {
  if (!isWaiting(instance)) return;
  const { state } = instance;
  if (state.name === 'failed') scheduler.deadlines.callOff(state.retry);
  scheduler.prepare(instance, state.ended);
};

type Waiting = Instance & { readonly state: Extract<InstanceState, { name: 'preparing' | 'available' | 'failed' }> };

const isWaiting = (instance: Instance): instance is Waiting =>
  ['preparing', 'available', 'failed'].includes(instance.state.name);
