import type { ContainerId, InstanceId } from '../shared/ids.ts';
import type { EndedClaim, Instance } from './instance.ts';
import type { PoolSpec } from './pool.ts';

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
  | { readonly name: 'claimed'; readonly token: string; readonly claimedAt: number }
  /** Whether its process runs is for the runtime to say. */
  | {
      readonly name: 'starting';
      readonly token: string;
      readonly claimedAt: number;
      readonly since: number;
      readonly isReleased: boolean;
    }
  | { readonly name: 'running'; readonly token: string; readonly claimedAt: number; readonly spawnedAt: number }
  | {
      readonly name: 'stopping';
      readonly token: string;
      readonly claimedAt: number;
      readonly spawnedAt: number;
      readonly because: 'release' | 'max-runtime';
    };

/** What is to be kept of an instance from now on; no record where nothing needs to be known. */
export type Change = { readonly instanceId: InstanceId; readonly record: InstanceRecord | null };

/** Null where the instance is as a new pool would make it. */
export const toRecord = (instance: Instance): InstanceRecord | null => {
  const { id: instanceId, containerId, seed, createdAt, autoscaled } = instance;
  const state = toRecordedState(instance);
  const isAsNew = state.name === 'free' && state.ended === null && !autoscaled;
  return isAsNew ? null : { instanceId, containerId, seed, createdAt, state };
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
      const { token, claimedAt, since, releaser } = state;
      return { name: 'starting', token, claimedAt, since, isReleased: releaser !== null };
    }
    case 'running':
      return { name: 'running', token: state.token, claimedAt: state.claimedAt, spawnedAt: state.since };
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
