import type { RequestRecord } from '../http/request-log.ts';
import type {
  ControlEvent,
  Controlled,
  ControlledClock,
  ControlledFunction,
  ControlledInvocation,
  Numbered,
} from './control-target.ts';

// The one place where the emulator's words become the control API's: camelCase to snake_case, milliseconds to RFC 3339.

const toDateTime = (at: number): string => new Date(at).toISOString();

export const toWireClock = ({ now, frozen }: ControlledClock) => ({ now: toDateTime(now()), frozen });

export const toWireState = (controlled: Controlled) => {
  const { ready, reason } = controlled.readiness();
  return {
    session: controlled.session,
    version: controlled.version,
    ready,
    reason,
    clock: toWireClock(controlled.clock),
    functions: controlled.functions().map(toWireFunction),
  };
};

const toWireFunction = ({ name, id, counts, instances }: ControlledFunction) => ({
  name,
  container_id: id,
  waiting: counts.waiting,
  instances: instances().map(toWireInstance),
});

type ViewedInstance = ReturnType<ControlledFunction['instances']>[number];

const toWireInstance = ({
  id,
  state,
  since,
  leaseMs,
  hostname,
  network,
  publishedPorts,
  origin,
  ...place
}: ViewedInstance) => ({
  id,
  state,
  since: toDateTime(since),
  lease_ms: leaseMs,
  hostname,
  ipv4: network.ipv4,
  ipv6: network.ipv6,
  mac_addr: network.macAddress,
  published_ports: publishedPorts,
  seed: place.seed,
  autoscaled: place.autoscaled,
  ...(origin === undefined ? {} : { origin }),
});

export const toWireRequest = ({ at, durationMs, ...request }: RequestRecord) => ({
  at: toDateTime(at),
  ...request,
  duration_ms: durationMs,
});

/** The fields of an event: there are many kinds, and more will come. */
export const toWireEvent = ({ number, item: { at, ...event } }: Numbered<ControlEvent>): object => ({
  cursor: number,
  ...(toSnakeCase(event) as object),
  at: toDateTime(at),
});

export const toWireInvocation = ({ durationsMs, logs, ...invocation }: ControlledInvocation) => ({
  instance_id: invocation.instanceId,
  exit_code: invocation.exitCode,
  out_of_memory: invocation.outOfMemory,
  logs: { text: logs.text, stdout: logs.stdout, stderr: logs.stderr, missing_bytes: logs.missingBytes },
  durations_ms: durationsMs,
});

const toSnakeCase = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(toSnakeCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      toSnakeCase(inner),
    ]),
  );
};
