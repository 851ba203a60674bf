import type { Deadline, Instance, Pool } from '../scheduler/pool.ts';
import type { ContainerId, InstanceId } from '../shared/ids.ts';
import type { CheckedRuns } from './checked-runs.ts';
import type {
  ActiveInstance,
  EngineSetup,
  FunctionCounts,
  FunctionSetup,
  InstanceSetup,
  InstanceView,
} from './service.ts';

export const toActiveInstances = (
  instances: readonly Instance[],
  setupOf: (instanceId: InstanceId) => InstanceSetup,
  checks: Pick<CheckedRuns, 'findingsOf'>,
  { serverId }: Pick<EngineSetup, 'serverId'>,
): readonly ActiveInstance[] =>
  instances.map((instance) => {
    const { id, pool, seed, state, createdAt, autoscaled } = instance;
    const { network, container } = setupOf(id);
    return {
      ...checks.findingsOf(instance),
      instanceId: id,
      containerId: pool.spec.containerId,
      serverId,
      network,
      hostname: container.hostname,
      state: state.name === 'starting' ? 'starting' : 'running',
      changedAt: state.since,
      createdAt,
      autoscaled,
      minTtlMs: pool.spec.minTtlMs ?? null,
      seed,
    };
  });

export const toCounts = (pool: Pool, functions: ReadonlyMap<ContainerId, FunctionSetup>): FunctionCounts => ({
  containerId: pool.spec.containerId,
  identifier: functions.get(pool.spec.containerId)?.identifier ?? pool.spec.containerId,
  size: pool.instances.length,
  available: pool.counts.available,
  claimed: pool.counts.claimed,
  active: pool.active.size,
  preparing: pool.counts.preparing,
  failed: pool.counts.failed,
  waiting: pool.line.size,
});

const deadlineOf = ({ state }: Instance): Deadline | null => {
  if (state.name === 'claimed') return state.lease;
  if (state.name === 'running') return state.runtimeLimit;
  return state.name === 'failed' ? state.retry : null;
};

export const toInstanceView = (
  instance: Instance,
  setup: InstanceSetup,
  run: Pick<InstanceView, 'publishedPorts' | 'variableNames'>,
  checks: Pick<CheckedRuns, 'findingsOf'>,
  now: number,
): InstanceView => ({
  ...run,
  ...checks.findingsOf(instance),
  id: instance.id,
  state: instance.state.name,
  since: instance.state.since,
  leaseMs: instance.state.name === 'claimed' ? Math.max(0, instance.state.lease.at - now) : null,
  deadline: deadlineOf(instance)?.at ?? null,
  starts: instance.readiness,
  hostname: setup.container.hostname,
  network: setup.network,
  seed: instance.seed,
  autoscaled: instance.autoscaled,
});
