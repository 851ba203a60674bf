import type { Command } from './commands.ts';
import { type EndedClaim, type Instance, Pool, type Ticket, type Waiter } from './pool.ts';
import type { PooledInstance, SchedulerState } from './state.ts';

/** How long a claimed instance waits to be spawned (documented: ten seconds). Reserved up to, not at, the end (our choice). */
export const leaseMs = 10_000;

/**
 * How many claims of one function may wait in line (our choice). A caller that floods a scheduler is turned away at the
 * end of the line instead of costing it a connection, memory and the time of others.
 */
export const longestLine = 1_000;

/** Reserves the longest-available instance, hot ones before cold ones, or puts the caller in line (inferred from `max_queue_time`). */
export const claim = (scheduler: SchedulerState, command: Extract<Command, { type: 'claim' }>, now: number): void => {
  const pool = scheduler.poolOf(command.containerId);
  const { ticket, token } = command;
  if (!(pool instanceof Pool)) return scheduler.reject(ticket, pool);
  const { containerId } = pool.spec;
  const waiting = pool.line.length;
  // PARITY: whether the platform's line has an end is unknown.
  if (waiting >= longestLine) return scheduler.reject(ticket, { name: 'line-full', containerId, waiting });
  const waiter: Waiter = { ticket, token, since: now, containerId, place: null, deadline: null };
  // Every claim goes through the line, so that no later one can overtake.
  waiter.place = pool.line.push(waiter);
  scheduler.waiters.set(ticket, waiter);
  admit(scheduler, pool, now);
  if (scheduler.waiters.has(ticket)) queue(scheduler, pool, waiter, now);
};

/**
 * Grants instances to those first in line for as long as there are both, within `max_shard_concurrency`.
 * PARITY: the longest-available instance first, and first come first served; the platform does not say.
 */
export const admit = (scheduler: SchedulerState, pool: Pool, now: number): void => {
  while (pool.line.first !== undefined && pool.nextAvailable !== undefined && pool.headroom > 0) {
    const waiter = pool.line.first;
    leave(scheduler, pool, waiter);
    grant(scheduler, pool, waiter, pool.nextAvailable, now);
  }
};

const grant = (scheduler: SchedulerState, pool: Pool, waiter: Waiter, instance: Instance, now: number): void => {
  const lease = scheduler.deadlines.add(now + leaseMs, { type: 'lease-ends', instance });
  const { ticket, token } = waiter;
  pool.enter(instance, { name: 'claimed', since: now, token, lease, isLost: false });
  scheduler.emitEventFor(instance, 'instance.claimed', now);
  scheduler.emit({ type: 'reply', ticket, reply: { type: 'claimed', instanceId: instance.id, token } });
};

const queue = (scheduler: SchedulerState, pool: Pool, waiter: Waiter, now: number): void => {
  const { containerId, maxQueueTimeMs } = pool.spec;
  growFor(scheduler, pool, now);
  scheduler.emitEvent({ name: 'claim.queued', at: now, containerId, waiting: pool.line.length });
  if (maxQueueTimeMs <= 0) return giveUpWaiting(scheduler, waiter, now);
  waiter.deadline = scheduler.deadlines.add(now + maxQueueTimeMs, { type: 'queue-time-ends', waiter });
};

/**
 * Makes a further instance where those already being made do not suffice for the line (inferred from `max_pool_size`).
 * PARITY: what was grown stays; the platform shrinks pools again by rules of its own.
 */
const growFor = (scheduler: SchedulerState, pool: Pool, now: number): void => {
  const wanted = Math.min(pool.line.length, pool.headroom) - pool.counts.preparing;
  if (wanted <= 0 || pool.instances.length >= pool.spec.maxPoolSize) return;
  const instance = scheduler.addInstance(pool, now, true);
  scheduler.emitEventFor(instance, 'container.instances.autoscale.up', now);
};

/** The lease is over: the instance goes back to the pool (documented). */
export const expireLease = (scheduler: SchedulerState, pooled: PooledInstance, now: number): void => {
  const { state } = pooled.instance;
  if (state.name !== 'claimed') return;
  scheduler.emitEventFor(pooled.instance, 'instance.claim-expired', now);
  giveBack(scheduler, pooled, state, { how: 'expired', token: state.token }, now);
};

/** Its container was never started, so it serves again; one that is gone is replaced. */
export const giveBack = (
  scheduler: SchedulerState,
  { pool, instance }: PooledInstance,
  { isLost }: { readonly isLost: boolean },
  ended: EndedClaim | null,
  now: number,
): void => {
  if (isLost) {
    pool.enter(instance, { name: 'preparing', since: now, attempt: 1, ended });
    scheduler.prepareNextContainer({ pool, instance });
  } else {
    pool.makeAvailable(instance, now, ended);
  }
  admit(scheduler, pool, now);
};

export const giveUpWaiting = (scheduler: SchedulerState, waiter: Waiter, now: number): void => {
  const { containerId, ticket, since } = waiter;
  sendAway(scheduler, waiter, 'claim.timed-out', now);
  scheduler.reject(ticket, { name: 'queue-timeout', containerId, waitedMs: now - since });
};

export const abandon = (scheduler: SchedulerState, ticket: Ticket, now: number): void => {
  const waiter = scheduler.waiters.get(ticket);
  if (waiter === undefined) return;
  sendAway(scheduler, waiter, 'claim.abandoned', now);
  scheduler.reject(ticket, { name: 'caller-gone' });
};

export const dismiss = (scheduler: SchedulerState, reason: string, now: number): void => {
  for (const waiter of [...scheduler.waiters.values()]) {
    sendAway(scheduler, waiter, 'claim.dismissed', now);
    scheduler.reject(waiter.ticket, { name: 'not-ready', reason });
  }
};

const sendAway = (
  scheduler: SchedulerState,
  waiter: Waiter,
  name: 'claim.timed-out' | 'claim.abandoned' | 'claim.dismissed',
  now: number,
): void => {
  const pool = scheduler.pools.get(waiter.containerId);
  if (pool === undefined) return;
  leave(scheduler, pool, waiter);
  scheduler.emitEvent({ name, at: now, containerId: waiter.containerId, waiting: pool.line.length });
};

const leave = (scheduler: SchedulerState, pool: Pool, waiter: Waiter): void => {
  if (waiter.place !== null) pool.line.remove(waiter.place);
  if (waiter.deadline !== null) scheduler.deadlines.callOff(waiter.deadline);
  scheduler.waiters.delete(waiter.ticket);
};
