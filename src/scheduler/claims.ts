import type { Command, LineEvent } from './commands.ts';
import { type EndedClaim, type Instance, Pool, type Ticket, type Waiter } from './pool.ts';
import type { Rejection } from './rejections.ts';
import type { SchedulerState } from './state.ts';

/** How long a claimed instance waits to be spawned (documented: ten seconds). Reserved up to, not at, the end (our choice). */
export const leaseMs = 10_000;

/**
 * How many claims of one function may wait in line (our choice). A caller that floods a scheduler is turned away at the
 * end of the line instead of costing it a connection, memory and the time of others.
 */
export const longestLine = 1_000;

/** Reserves the longest-available instance, hot ones before cold ones, or puts the caller in line (inferred from `max_queue_time`). */
export const claim = (scheduler: SchedulerState, command: Extract<Command, { type: 'claim' }>): void => {
  const pool = scheduler.poolOf(command.containerId);
  const { ticket, token } = command;
  if (!(pool instanceof Pool)) return scheduler.reject(ticket, pool);
  const { containerId } = pool.spec;
  if (pool.isRemoved) return scheduler.reject(ticket, scheduler.whyNoPool(containerId));
  const waiting = pool.line.size;
  // PARITY: whether the platform's line has an end is unknown.
  if (waiting >= longestLine) return scheduler.reject(ticket, { name: 'line-full', containerId, waiting });
  const waiter: Waiter = { ticket, token, since: scheduler.now, pool, deadline: null };
  // Every claim goes through the line, so that no later one can overtake.
  pool.line.add(waiter);
  scheduler.waiters.set(ticket, waiter);
  admit(scheduler, pool);
  if (scheduler.waiters.has(ticket)) queue(scheduler, waiter);
};

/**
 * Grants instances to those first in line for as long as there are both, within `max_shard_concurrency`.
 * PARITY: the longest-available instance first, and first come first served; the platform does not say.
 */
export const admit = (scheduler: SchedulerState, pool: Pool): void => {
  for (const waiter of pool.line) {
    const instance = pool.headroom > 0 ? pool.nextAvailable : undefined;
    if (instance === undefined) return;
    leave(scheduler, waiter);
    grant(scheduler, waiter, instance);
  }
};

const grant = (scheduler: SchedulerState, { ticket, token }: Waiter, instance: Instance): void => {
  reserve(scheduler, instance, token, scheduler.now);
  scheduler.emitFor(instance, { name: 'instance.claimed' });
  scheduler.reply(ticket, { type: 'claimed', instanceId: instance.id });
};

/** Begins the lease of a claim. */
export const reserve = (scheduler: SchedulerState, instance: Instance, token: string, since: number): void => {
  const lease = scheduler.deadlines.add(since + leaseMs, () => expireLease(scheduler, instance));
  instance.pool.enter(instance, { name: 'claimed', since, token, lease, isLost: false });
};

const queue = (scheduler: SchedulerState, waiter: Waiter): void => {
  const { pool } = waiter;
  growForLine(scheduler, pool);
  scheduler.emit(pool, 'claim.queued');
  const { maxQueueTimeMs } = pool.spec;
  if (maxQueueTimeMs <= 0) return giveUpWaiting(scheduler, waiter);
  waiter.deadline = scheduler.deadlines.add(scheduler.now + maxQueueTimeMs, () => giveUpWaiting(scheduler, waiter));
};

/**
 * Makes a further instance where those already being made do not suffice for the line (inferred from `max_pool_size`).
 */
export const growForLine = (scheduler: SchedulerState, pool: Pool): void => {
  const wanted = Math.min(pool.line.size, pool.headroom) - pool.counts.preparing;
  if (wanted <= 0 || pool.instances.length >= pool.spec.maxPoolSize) return;
  const instance = scheduler.addInstance(pool, scheduler.now, true);
  scheduler.askForContainer(instance);
  scheduler.emitFor(instance, { name: 'container.instances.autoscale.up' });
};

/**
 * Has the pool shrink once the last instance that a claim made it grow by was not used for `minTtlMs`. To be called when an
 * instance becomes available.
 * PARITY: `min_ttl` is documented as the least time that an instance lives; that it goes after as much time without use, and
 * the last of a pool first, is our choice.
 */
export const shrinkLater = (scheduler: SchedulerState, pool: Pool): void => {
  const freeAt = whenLastIsFree(pool);
  if (freeAt !== null) pool.shrinking ??= scheduler.deadlines.add(freeAt, () => shrink(scheduler, pool));
};

const shrink = (scheduler: SchedulerState, pool: Pool): void => {
  pool.shrinking = null;
  for (let last = pool.instances.at(-1); last !== undefined; last = pool.instances.at(-1)) {
    const freeAt = whenLastIsFree(pool);
    if (freeAt === null) return;
    if (freeAt > scheduler.now) return shrinkLater(scheduler, pool);
    scheduler.emitFor(last, { name: 'container.instances.autoscale.down' });
    scheduler.removeInstance(last);
  }
};

/** Null where it is in use, or stays for ever. */
const whenLastIsFree = ({ spec: { minTtlMs = null }, instances }: Pool): number | null => {
  const last = instances.at(-1);
  return minTtlMs !== null && last?.autoscaled && last.state.name === 'available' ? last.state.since + minTtlMs : null;
};

/** The lease is over: the instance goes back to the pool (documented). */
const expireLease = (scheduler: SchedulerState, instance: Instance): void => {
  const { state } = instance;
  if (state.name !== 'claimed') return;
  scheduler.emitFor(instance, { name: 'instance.claim-expired' });
  makeFree(scheduler, instance, { how: 'expired', token: state.token });
};

/** Undoes a grant that could not be kept. Sends the line away before: each claim in it would be granted and refused in turn. */
export const takeBack = (scheduler: SchedulerState, instanceId: string, reason: string): void => {
  dismiss(scheduler, reason);
  const instance = scheduler.instances.get(instanceId);
  if (instance?.state.name !== 'claimed') return;
  const { lease, token } = instance.state;
  scheduler.deadlines.callOff(lease);
  makeFree(scheduler, instance, { how: 'released', token });
};

/** A claim is over whose container was never started, so it serves again; one that is gone, or of another stack, is replaced. */
export const makeFree = (scheduler: SchedulerState, instance: Instance, ended: EndedClaim | null): void => {
  const isLost = instance.state.name === 'claimed' && instance.state.isLost;
  if (isLost || instance.isStale || instance.pool.isSurplus(instance)) scheduler.prepare(instance, ended);
  else {
    instance.pool.makeAvailable(instance, scheduler.now, ended);
    scheduler.emitFor(instance, { name: 'instance.available' });
  }
  shrinkLater(scheduler, instance.pool);
  admit(scheduler, instance.pool);
};

const giveUpWaiting = (scheduler: SchedulerState, waiter: Waiter): void => {
  const { pool, ticket, since, deadline } = waiter;
  sendAway(scheduler, waiter, 'claim.timed-out');
  const { containerId } = pool.spec;
  // The time that was set, not the time that has passed: an alarm may ring a little later.
  const waitedMs = (deadline?.at ?? since) - since;
  const { stopping } = pool.counts;
  scheduler.reject(ticket, { name: 'queue-timeout', containerId, waitedMs, ...(stopping > 0 && { stopping }) });
};

export const abandon = (scheduler: SchedulerState, ticket: Ticket): void => {
  const waiter = scheduler.waiters.get(ticket);
  if (waiter === undefined) return;
  sendAway(scheduler, waiter, 'claim.abandoned');
  scheduler.reject(ticket, { name: 'caller-gone' });
};

export const dismiss = (scheduler: SchedulerState, reason: string): void =>
  dismissAll(scheduler, scheduler.waiters.values(), { name: 'not-ready', reason });

export const dismissAll = (scheduler: SchedulerState, waiters: Iterable<Waiter>, rejection: Rejection): void => {
  for (const waiter of [...waiters]) {
    sendAway(scheduler, waiter, 'claim.dismissed');
    scheduler.reject(waiter.ticket, rejection);
  }
};

const sendAway = (scheduler: SchedulerState, waiter: Waiter, name: LineEvent['name']): void => {
  leave(scheduler, waiter);
  scheduler.emit(waiter.pool, name);
};

const leave = (scheduler: SchedulerState, waiter: Waiter): void => {
  const { pool, deadline, ticket } = waiter;
  pool.line.delete(waiter);
  if (deadline !== null) scheduler.deadlines.callOff(deadline);
  scheduler.waiters.delete(ticket);
};
