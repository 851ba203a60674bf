import type { ContainerId, InstanceId } from '../shared/ids.ts';
import type { PublishedPorts } from '../shared/types.ts';
import { leaseMs, reserve } from './claims.ts';
import { enterRunning, exited } from './container-events.ts';
import type { EndedClaim, HeldClaim, Instance, PoolSpec, SpawnedClaim, StopReason } from './pool.ts';
import { stop } from './runs.ts';
import type { SchedulerState } from './state.ts';

/**
 * What has to be known of an instance where another process takes the scheduler over. Tickets are left out: their
 * callers' connections end with the process. Times are milliseconds since the epoch by the emulator's clock.
 */
export type InstanceRecord = {
  readonly instanceId: InstanceId;
  readonly containerId: ContainerId;
  readonly seed: number;
  readonly createdAt: number;
  readonly state: RecordedState;
};

export type RecordedState =
  /** Free, whether its container is there or not. */
  | { readonly name: 'free'; readonly ended: EndedClaim | null }
  | (HeldClaim & { readonly name: 'claimed' })
  /** Whether its process runs is for the runtime to say. */
  | (HeldClaim & { readonly name: 'starting'; readonly since: number; readonly isReleased: boolean })
  | (SpawnedClaim & { readonly name: 'running' })
  | (SpawnedClaim & { readonly name: 'stopping'; readonly because: StopReason });

/** What is to be kept of an instance from now on; no record where nothing needs to be known. */
export type Change = { readonly instanceId: InstanceId; readonly record: InstanceRecord | null };

/** Null where the instance is as a new pool would make it. */
export const toRecord = (instance: Instance): InstanceRecord | null => {
  const { id: instanceId, pool, seed, createdAt, autoscaled } = instance;
  const state = toRecordedState(instance);
  const isAsNew = state.name === 'free' && state.ended === null && !autoscaled;
  return isAsNew ? null : { instanceId, containerId: pool.spec.containerId, seed, createdAt, state };
};

const toRecordedState = ({ state }: Instance): RecordedState => {
  switch (state.name) {
    case 'preparing':
    case 'available':
    case 'failed':
      return { name: 'free', ended: state.ended };
    case 'claimed':
      return { name: 'claimed', token: state.token, claimedAt: state.since };
    case 'starting': {
      const { token, claimedAt, variables, since, releaser } = state;
      return { name: 'starting', token, claimedAt, variables, since, isReleased: releaser !== null };
    }
    case 'running': {
      const { token, claimedAt, variables, since: spawnedAt } = state;
      return { name: 'running', token, claimedAt, variables, spawnedAt };
    }
    case 'stopping': {
      const { token, claimedAt, spawnedAt, because } = state;
      return { name: 'stopping', token, claimedAt, spawnedAt, because };
    }
  }
};

/** Whether the pool has a place for the instance: a function's limits may have changed since. */
export const fits = ({ containerId, instanceId, seed }: InstanceRecord, spec: PoolSpec): boolean =>
  containerId === spec.containerId &&
  seed < Math.max(spec.instances, spec.maxPoolSize) &&
  spec.instanceIdAt(seed) === instanceId;

/** Whether a process of the instance's may run. */
export const mayRun = ({ state }: InstanceRecord): boolean => state.name !== 'free' && state.name !== 'claimed';

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
export const restore = (scheduler: SchedulerState, instance: Instance, { record, run }: Restored): void => {
  const { state } = record;
  switch (state.name) {
    case 'free':
      return scheduler.prepare(instance, state.ended);
    case 'claimed':
      return restoreClaim(scheduler, instance, state);
    case 'starting': {
      // Its caller was not answered. What did not come to run may be spawned again.
      if (run === null) return restoreClaim(scheduler, instance, state);
      const claim = { ...state, spawnedAt: state.since };
      return restoreRun(scheduler, instance, claim, state.isReleased ? 'release' : null, run);
    }
    case 'running':
      return restoreRun(scheduler, instance, state, null, run);
    case 'stopping':
      return restoreRun(scheduler, instance, state, state.because, run);
  }
};

const restoreClaim = (scheduler: SchedulerState, instance: Instance, { token, claimedAt }: HeldClaim): void => {
  if (claimedAt + leaseMs <= scheduler.now) {
    scheduler.emitFor(instance, { name: 'instance.claim-expired' });
    return scheduler.prepare(instance, { how: 'expired', token });
  }
  reserve(scheduler, instance, token, claimedAt);
  scheduler.askForContainer(instance);
};

/** @param because why its stop had begun; null where it had not */
const restoreRun = (
  scheduler: SchedulerState,
  instance: Instance,
  { token, claimedAt, variables, spawnedAt }: SpawnedClaim,
  because: StopReason | null,
  run: Restored['run'],
): void => {
  const claim = { token, claimedAt, variables, spawnedAt };
  if (run === null) {
    if (because === null) enterRunning(scheduler, instance, claim);
    else instance.pool.enter(instance, { name: 'stopping', since: scheduler.now, ...claim, because, releaser: null });
    return exited(scheduler, instance, { code: null, outOfMemory: false });
  }
  // The container it has is taken over as its first.
  instance.generation = 1;
  scheduler.emitFor(instance, { name: 'instance.running', publishedPorts: run.publishedPorts });
  if (because === null) return enterRunning(scheduler, instance, claim);
  // The caller that asked for the stop is gone; it is done all the same.
  stop(scheduler, instance, { ...claim, because, releaser: null });
};
