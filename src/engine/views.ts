import type { Instance, Pool } from '../scheduler/pool.ts';
import type { ServerId } from '../shared/ids.ts';
import type { PublishedPorts } from '../shared/types.ts';
import type { ActiveInstance, FunctionCounts, InstanceSetup, InstanceView } from './service.ts';

export const toActiveInstance = (instance: Instance, setup: InstanceSetup, serverId: ServerId): ActiveInstance => ({
  instanceId: instance.id,
  containerId: instance.pool.spec.containerId,
  serverId,
  network: setup.network,
  hostname: setup.container.hostname,
  state: instance.state.name === 'starting' ? 'starting' : 'running',
  changedAt: instance.state.since,
  createdAt: instance.createdAt,
  autoscaled: instance.autoscaled,
  minTtlMs: instance.pool.spec.minTtlMs ?? null,
  seed: instance.seed,
});

export const toCounts = (pool: Pool, identifier: string): FunctionCounts => ({
  containerId: pool.spec.containerId,
  identifier,
  size: pool.instances.length,
  available: pool.counts.available,
  claimed: pool.counts.claimed,
  active: pool.active.size,
  preparing: pool.counts.preparing,
  failed: pool.counts.failed,
  waiting: pool.line.size,
});

export const toInstanceView = (
  { id, state, seed, autoscaled }: Instance,
  setup: InstanceSetup,
  publishedPorts: PublishedPorts,
  now: number,
): InstanceView => ({
  id,
  state: state.name,
  since: state.since,
  leaseMs: state.name === 'claimed' ? Math.max(0, state.lease.at - now) : null,
  hostname: setup.container.hostname,
  network: setup.network,
  publishedPorts,
  seed,
  autoscaled,
});
