import type { Invocation } from '../engine/run-log.ts';
import type { EmulatorClock } from '../engine/work.ts';
import type { components } from '../openapi/control-types.ts';
import { isLinked, type WatchedRequest } from '../recording/watched-requests.ts';
import { leaseMs } from '../scheduler/claims.ts';
import type { PoolSpec } from '../scheduler/pool.ts';
import type { Numbered } from '../shared/events.ts';
import { isRecord } from '../shared/values.ts';
import type { ControlEvent, Controlled, ControlledFunction } from './control-target.ts';
import type { LatestRun } from './latest-runs.ts';

// The one place where the emulator's words become the control API's: camelCase to snake_case, milliseconds to RFC 3339.

type Schemas = components['schemas'];

const toDateTime = (at: number): string => new Date(at).toISOString();

const toWireTime = (at: number | null): string | null => (at === null ? null : toDateTime(at));

export const toWireClock = ({ now, frozen, nextDeadline }: EmulatorClock): Schemas['Clock'] => ({
  now: toDateTime(now()),
  frozen,
  next_deadline: toWireTime(nextDeadline),
});

export const toWireState = (controlled: Controlled): Schemas['State'] => {
  const { ready, reason } = controlled.readiness();
  return {
    session: controlled.session,
    version: controlled.version,
    engine: controlled.engine,
    started_at: toDateTime(controlled.startedAt),
    uptime_ms: Date.now() - controlled.startedAt,
    cursor: controlled.events.latest,
    ready,
    reason,
    clock: toWireClock(controlled.clock),
    gateway: controlled.gateway && {
      url: controlled.gateway.url,
      domains: controlled.gateway.domains.map(({ domain, matchPath, identifier, port, routerPaths }) => ({
        domain,
        match_path: matchPath,
        function: identifier,
        port,
        router_paths: routerPaths,
      })),
    },
    no_gateway: controlled.noGateway,
    scheduler_url: controlled.schedulerUrl(),
    functions: controlled.functions().map((spec) => toWireFunction(spec, controlled)),
  };
};

export const toWireFunction = (
  { name, id, counts, limits, line, instances }: ControlledFunction,
  { latestRuns }: Pick<Controlled, 'latestRuns'>,
): Schemas['Function'] => ({
  name,
  container_id: id,
  waiting: counts.waiting,
  limits: toWireLimits(limits()),
  line: [...line()].map(({ since, deadline }) => ({
    since: toDateTime(since),
    deadline: toWireTime(deadline?.at ?? null),
  })),
  instances: instances().map((instance) => toWireInstance(instance, latestRuns.of(instance.id))),
});

const toWireLimits = (limits: PoolSpec): Schemas['Limits'] => ({
  instances: limits.instances,
  max_pool_size: limits.maxPoolSize,
  hot: limits.hot,
  warm: limits.warm ?? null,
  max_shard_concurrency: limits.maxShardConcurrency,
  max_runtime_ms: limits.maxRuntimeMs,
  max_queue_time_ms: limits.maxQueueTimeMs,
  lease_ms: leaseMs,
});

type ViewedInstance = ReturnType<ControlledFunction['instances']>[number];

const toWireInstance = (
  { network, ...instance }: ViewedInstance,
  run: Pick<LatestRun, 'spawned'> | null,
): Schemas['Instance'] => ({
  id: instance.id,
  state: instance.state,
  since: toDateTime(instance.since),
  lease_ms: instance.leaseMs,
  deadline: toWireTime(instance.deadline),
  starts: instance.starts,
  hostname: instance.hostname,
  ipv4: network.ipv4,
  ipv6: network.ipv6,
  mac_addr: network.macAddress,
  published_ports: instance.publishedPorts,
  seed: instance.seed,
  autoscaled: instance.autoscaled,
  latest_start: toWireTime(run?.spawned?.at ?? null),
  latest_exit: toWireExit(run?.spawned?.exit ?? null),
  ...(instance.origin === undefined ? {} : { origin: instance.origin }),
});

const toWireExit = (exit: LatestRun['exit']): Schemas['Exit'] | null =>
  exit && { code: exit.code, out_of_memory: exit.outOfMemory };

const toWireFinding = (finding: ViewedInstance['readiness']): Schemas['Finding'] | null =>
  finding && { passed: finding.passed, at: toDateTime(finding.at) };

const toWireRun = (run: LatestRun): Schemas['LatestRun'] => ({
  claimed_at: toWireTime(run.claimedAt),
  starting_at: toWireTime(run.startingAt),
  running_at: toWireTime(run.runningAt),
  stopping_at: toWireTime(run.stoppingAt),
  ended_at: toWireTime(run.endedAt),
  stopped_for: run.stoppedFor,
  exit: toWireExit(run.exit),
  failure: run.failure,
});

/** Null where no function has the instance. */
export const toWireInstanceDetails = (
  { functions, latestRuns }: Pick<Controlled, 'functions' | 'latestRuns'>,
  instanceId: string,
): Schemas['InstanceDetails'] | null => {
  for (const { name, id, instances } of functions()) {
    const instance = instances().find((one) => one.id === instanceId);
    if (instance === undefined) continue;
    const run = latestRuns.of(instanceId);
    return {
      ...{ function: name, container_id: id, instance: toWireInstance(instance, run), run: run && toWireRun(run) },
      variable_names: instance.variableNames,
      readiness: toWireFinding(instance.readiness),
      health: toWireFinding(instance.health),
    };
  }
  return null;
};

export const toWireRequest = ({ number, item }: Numbered<WatchedRequest>): Schemas['LoggedRequest'] => {
  const { at, durationMs, bodies: _bodies, ...request } = item;
  const about = { id: number, at: toDateTime(at), duration_ms: durationMs };
  if (!isLinked(request)) return { ...about, ...request };
  const { containerId: container, instanceId: instance, ...linked } = request;
  return { ...about, operation: null, container, instance, code: null, origin: 'linked', ...linked };
};

/** The fields of an event: there are many kinds, and more will come. */
export const toWireEvent = ({
  number,
  item: { at, containerId, ...event },
}: Numbered<ControlEvent>): Schemas['Event'] => ({
  cursor: number,
  name: event.name,
  container_id: containerId,
  ...toSnakeCase(event),
  at: toDateTime(at),
});

export const toWireInvocation = ({ durationsMs, logs, ...invocation }: Invocation): Schemas['Invocation'] => ({
  instance_id: invocation.instanceId,
  exit_code: invocation.exitCode,
  out_of_memory: invocation.outOfMemory,
  logs: { text: logs.text, stdout: logs.stdout, stderr: logs.stderr, missing_bytes: logs.missingBytes },
  durations_ms: durationsMs,
});

const toSnakeCase = (fields: object): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      isRecord(value) ? toSnakeCase(value) : value,
    ]),
  );
