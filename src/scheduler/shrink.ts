import type { Pool } from './pool.ts';
import type { SchedulerState } from './state.ts';

/**
 * Has the pool shrink once the last instance that a claim made it grow by was not used for `minTtlMs`. To be called when an
 * instance becomes available.
 * PARITY: `min_ttl` is documented as the least time that an instance lives; that it goes after as much time without use, and
 * the last of a pool first, is our choice.
 */
export const shrinkLater = (scheduler: SchedulerState, pool: Pool): void => {
  const freeAt = whenLastIsFree(pool);
  if (freeAt !== null) pool.shrinking ??= scheduler.deadlines.add(freeAt, { type: 'shrink', pool });
};

export const shrink = (scheduler: SchedulerState, pool: Pool): void => {
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
