import type { PublishedPorts } from './commands.ts';
import { enterRunning, exited, type SpawnedClaim } from './container-events.ts';
import { leaseMs } from './lease.ts';
import type { InstanceRecord, RecordedState } from './record.ts';
import { stop } from './release.ts';
import type { PooledInstance, SchedulerState } from './state.ts';

/** A record, and the run that was found of it: one that goes on, or one whose end is still to be reported. */
export type Restored = {
  readonly record: InstanceRecord;
  readonly run: { readonly publishedPorts: PublishedPorts } | null;
};

/**
 * Puts an instance into the state that another process had recorded of it (our choice: the platform does not say what
 * its scheduler's restart leaves). Claims hold until the lease they began with ends; a run that was found goes on, one
 * that was not has ended in an unknown way.
 */
export const restore = (
  known: SchedulerState,
  pooled: PooledInstance,
  { record, run }: Restored,
  now: number,
): void => {
  const { state } = record;
  switch (state.name) {
    case 'free':
      pooled.pool.enter(pooled.instance, { name: 'preparing', since: now, attempt: 1, ended: state.ended });
      return known.prepareNextContainer(pooled);
    case 'claimed':
      return restoreClaim(known, pooled, state, now);
    case 'starting':
      // Its caller was not answered. What did not come to run may be spawned again.
      if (run === null) return restoreClaim(known, pooled, state, now);
      return restoreRun(
        known,
        pooled,
        { ...state, spawnedAt: state.since },
        state.isReleased ? 'release' : null,
        run,
        now,
      );
    case 'running':
      return restoreRun(known, pooled, state, null, run, now);
    case 'stopping':
      return restoreRun(known, pooled, state, state.because, run, now);
  }
};

const restoreClaim = (
  known: SchedulerState,
  pooled: PooledInstance,
  { token, claimedAt }: Extract<RecordedState, { name: 'claimed' | 'starting' }>,
  now: number,
): void => {
  const { pool, instance } = pooled;
  const leaseEnd = claimedAt + leaseMs;
  if (leaseEnd <= now) {
    pool.enter(instance, { name: 'preparing', since: now, attempt: 1, ended: { how: 'expired', token } });
    known.emitEventFor(instance, 'instance.claim-expired', now);
  } else {
    const lease = known.deadlines.add(leaseEnd, { type: 'lease-ends', instance });
    pool.enter(instance, { name: 'claimed', since: claimedAt, token, lease, isLost: false });
  }
  known.prepareNextContainer(pooled);
};

/** @param because why its stop had begun; null where it had not */
const restoreRun = (
  known: SchedulerState,
  pooled: PooledInstance,
  { token, claimedAt, spawnedAt }: SpawnedClaim,
  because: 'release' | 'max-runtime' | null,
  run: Restored['run'],
  now: number,
): void => {
  const { pool, instance } = pooled;
  const { containerId, id: instanceId } = instance;
  const claim = { token, claimedAt, spawnedAt };
  if (run === null) {
    if (because === null) enterRunning(known, pooled, claim);
    else pool.enter(instance, { name: 'stopping', since: now, ...claim, because, releaser: null });
    return exited(known, pooled, { code: null, outOfMemory: false }, now);
  }
  // The container it has is taken over as its first.
  instance.generation = 1;
  known.emitEvent({ name: 'instance.running', at: now, containerId, instanceId, publishedPorts: run.publishedPorts });
  if (because === null) return enterRunning(known, pooled, claim);
  // The caller that asked for the stop is gone; it is done all the same.
  stop(known, pooled, { ...claim, because, releaser: null }, now);
};
