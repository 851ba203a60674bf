import type { Deadline, Instance, Pool } from '../scheduler/pool.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { Clock } from '../shared/clock.ts';
import type { ContainerId, InstanceId } from '../shared/ids.ts';
import type { CheckedRuns } from './checks.ts';
import type { ContainerManager, InstanceSetups } from './container-manager.ts';
import type { RunLog } from './run-log.ts';
import type { ActiveInstance, EngineSetup, FunctionCounts, InstanceView } from './service.ts';

type Seen = Pick<EngineSetup, 'serverId'> & {
  readonly scheduler: Scheduler;
  readonly setups: InstanceSetups;
  readonly containers: ContainerManager;
  readonly clock: Clock;
};

/** An engine's functions as onlookers see them, each time as they are then. */
export class Views {
  readonly #seen: Seen;
  readonly #checks: CheckedRuns;

  constructor(seen: Seen, checks: CheckedRuns) {
    this.#seen = seen;
    this.#checks = checks;
  }

  countsOf(containerId: ContainerId): FunctionCounts {
    return this.toCounts(this.#poolOf(containerId));
  }

  /** All instances of a function, in the order of their places. */
  instancesOf(containerId: ContainerId): readonly InstanceView[] {
    const { setups, containers, clock } = this.#seen;
    return this.#poolOf(containerId).instances.map((instance) => {
      const { id, state, readiness, seed, autoscaled } = instance;
      const { network, container } = setups.of(id);
      return {
        ...containers.runOf(id),
        ...this.#checks.findingsOf(instance),
        id,
        state: state.name,
        since: state.since,
        leaseMs: state.name === 'claimed' ? Math.max(0, state.lease.at - clock.now()) : null,
        deadline: deadlineOf(instance)?.at ?? null,
        starts: readiness,
        hostname: container.hostname,
        network,
        seed,
        autoscaled,
      };
    });
  }

  /** What the instance's latest run has printed; undefined where it never ran. */
  logOf(instanceId: InstanceId): RunLog | undefined {
    return this.#seen.containers.logs.of(instanceId);
  }

  /** The log to follow: of an instance that is claimed or starts, that of the run to come; else as `logOf`. */
  logToFollow(instanceId: InstanceId): RunLog | undefined {
    const { name } = this.#seen.scheduler.instance(instanceId)?.state ?? {};
    const isToCome = name === 'claimed' || name === 'starting';
    return isToCome ? this.#seen.containers.logs.ofNext(instanceId) : this.logOf(instanceId);
  }

  toActive(instance: Instance): ActiveInstance {
    const { setups, serverId } = this.#seen;
    const { id, pool, seed, state, createdAt, autoscaled } = instance;
    const { network, container } = setups.of(id);
    return {
      ...this.#checks.findingsOf(instance),
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
  }

  toCounts({ spec: { containerId }, instances, counts, active, line }: Pool): FunctionCounts {
    return {
      containerId,
      identifier: this.#seen.setups.functions.get(containerId)?.identifier ?? containerId,
      size: instances.length,
      available: counts.available,
      claimed: counts.claimed,
      active: active.size,
      preparing: counts.preparing,
      failed: counts.failed,
      waiting: line.size,
    };
  }

  #poolOf(containerId: ContainerId): Pool {
    const pool = this.#seen.scheduler.pool(containerId);
    if (pool === undefined) throw new Error(`no function ${containerId} here`);
    return pool;
  }
}

const deadlineOf = ({ state }: Instance): Deadline | null => {
  if (state.name === 'claimed') return state.lease;
  if (state.name === 'running') return state.runtimeLimit;
  return state.name === 'failed' ? state.retry : null;
};
