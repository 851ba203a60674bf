import type { Books, PooledInstance } from './books.ts';
import type { Command } from './commands.ts';
import type { EndedClaim, Instance, Ticket, Waiter } from './instance.ts';
import { leaseMs } from './lease.ts';
import { longestLine } from './line.ts';
import { Pool } from './pool.ts';

/** Reserves the longest-available instance, hot ones before cold ones, or puts the caller in line (inferred from `max_queue_time`). */
export const claim = (books: Books, command: Extract<Command, { type: 'claim' }>, now: number): void => {
  const pool = books.poolOf(command.containerId);
  const { ticket, token } = command;
  if (!(pool instanceof Pool)) return books.reject(ticket, pool);
  const { containerId } = pool.spec;
  const waiting = pool.line.length;
  // PARITY: whether the platform's line has an end is unknown.
  if (waiting >= longestLine) return books.reject(ticket, { name: 'line-full', containerId, waiting });
  const waiter: Waiter = { ticket, token, since: now, containerId, place: null, deadline: null };
  // Every claim goes through the line, so that no later one can overtake.
  waiter.place = pool.line.push(waiter);
  books.waiters.set(ticket, waiter);
  admit(books, pool, now);
  if (books.waiters.has(ticket)) queue(books, pool, waiter, now);
};

/**
 * Grants instances to those first in line for as long as there are both, within `max_shard_concurrency`.
 * PARITY: the longest-available instance first, and first come first served; the platform does not say.
 */
export const admit = (books: Books, pool: Pool, now: number): void => {
  while (pool.line.first !== undefined && pool.nextAvailable !== undefined && pool.headroom > 0) {
    const waiter = pool.line.first;
    leave(books, pool, waiter);
    grant(books, pool, waiter, pool.nextAvailable, now);
  }
};

const grant = (books: Books, pool: Pool, waiter: Waiter, instance: Instance, now: number): void => {
  const lease = books.deadlines.add(now + leaseMs, { type: 'lease-ends', instance });
  const { ticket, token } = waiter;
  pool.enter(instance, { name: 'claimed', since: now, token, lease, isLost: false });
  books.tellOf(instance, 'instance.claimed', now);
  books.emit({ type: 'reply', ticket, reply: { type: 'claimed', instanceId: instance.id, token } });
};

const queue = (books: Books, pool: Pool, waiter: Waiter, now: number): void => {
  const { containerId, maxQueueTimeMs } = pool.spec;
  growFor(books, pool, now);
  books.tell({ name: 'claim.queued', at: now, containerId, waiting: pool.line.length });
  if (maxQueueTimeMs <= 0) return giveUpWaiting(books, waiter, now);
  waiter.deadline = books.deadlines.add(now + maxQueueTimeMs, { type: 'queue-time-ends', waiter });
};

/**
 * Makes a further instance where those already being made do not suffice for the line (inferred from `max_pool_size`).
 * PARITY: what was grown stays; the platform shrinks pools again by rules of its own.
 */
const growFor = (books: Books, pool: Pool, now: number): void => {
  const wanted = Math.min(pool.line.length, pool.headroom) - pool.counts.preparing;
  if (wanted <= 0 || pool.instances.length >= pool.spec.maxPoolSize) return;
  const instance = books.addInstance(pool, now, true);
  books.tellOf(instance, 'container.instances.autoscale.up', now);
};

/** The lease is over: the instance goes back to the pool (documented). */
export const expireLease = (books: Books, pooled: PooledInstance, now: number): void => {
  const { state } = pooled.instance;
  if (state.name !== 'claimed') return;
  books.tellOf(pooled.instance, 'instance.claim-expired', now);
  giveBack(books, pooled, state, { how: 'expired', token: state.token }, now);
};

/** Its container was never started, so it serves again; one that is gone is replaced. */
export const giveBack = (
  books: Books,
  { pool, instance }: PooledInstance,
  { isLost }: { readonly isLost: boolean },
  ended: EndedClaim | null,
  now: number,
): void => {
  if (isLost) {
    pool.enter(instance, { name: 'preparing', since: now, attempt: 1, ended });
    books.prepareNextContainer({ pool, instance });
  } else {
    pool.makeAvailable(instance, now, ended);
  }
  admit(books, pool, now);
};

export const giveUpWaiting = (books: Books, waiter: Waiter, now: number): void => {
  const { containerId, ticket, since } = waiter;
  sendAway(books, waiter, 'claim.timed-out', now);
  books.reject(ticket, { name: 'queue-timeout', containerId, waitedMs: now - since });
};

export const abandon = (books: Books, ticket: Ticket, now: number): void => {
  const waiter = books.waiters.get(ticket);
  if (waiter === undefined) return;
  sendAway(books, waiter, 'claim.abandoned', now);
  books.reject(ticket, { name: 'caller-gone' });
};

export const dismiss = (books: Books, reason: string, now: number): void => {
  for (const waiter of [...books.waiters.values()]) {
    sendAway(books, waiter, 'claim.dismissed', now);
    books.reject(waiter.ticket, { name: 'not-ready', reason });
  }
};

const sendAway = (
  books: Books,
  waiter: Waiter,
  name: 'claim.timed-out' | 'claim.abandoned' | 'claim.dismissed',
  now: number,
): void => {
  const pool = books.pools.get(waiter.containerId);
  if (pool === undefined) return;
  leave(books, pool, waiter);
  books.tell({ name, at: now, containerId: waiter.containerId, waiting: pool.line.length });
};

const leave = (books: Books, pool: Pool, waiter: Waiter): void => {
  if (waiter.place !== null) pool.line.remove(waiter.place);
  if (waiter.deadline !== null) books.deadlines.callOff(waiter.deadline);
  books.waiters.delete(waiter.ticket);
};
