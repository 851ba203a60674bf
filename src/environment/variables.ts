import { type ContainerId, type InstanceId, locationId, type ServerId } from '../shared/ids.ts';
import type { InstanceNetwork } from './addresses.ts';

export type Variables = Readonly<Record<string, string>>;

/** Linux takes no longer `name=value` than this, its end included: a process with one does not even start. */
const longestVariableBytes = 128 * 1024;

/** What is wrong with the first variable no process can have; null when all is well. */
export const findInvalidVariable = (variables: Variables): { variable: string; problem: string } | null => {
  for (const [variable, value] of Object.entries(variables)) {
    const problem = findNameProblem(variable) ?? findValueProblem(variable, value);
    if (problem !== null) return { variable: variable.toWellFormed(), problem };
  }
  return null;
};

/** Why no process can have a variable of this name; null where one can. */
export const findNameProblem = (name: string): string | null => {
  if (name === '') return 'the name is empty';
  if (name.includes('=')) return 'the name contains "="';
  return name.includes('\0') ? 'the name contains a NUL character' : null;
};

/** Said of a value that a caller in this process has given: the API takes nothing but text. */
export const notText = 'the value is not a string';

/** Why no process can have this value in a variable of the name; null where one can. */
export const findValueProblem = (name: string, value: string): string | null => {
  // TypeScript callers may have passed any value, such as one of `process.env` that is not set.
  if (typeof value !== 'string') return notText;
  if (value.includes('\0')) return 'the value contains a NUL character';
  if (!name.isWellFormed() || !value.isWellFormed())
    return 'it is not well-formed Unicode: it has half a surrogate pair';
  return Buffer.byteLength(name) + 1 + Buffer.byteLength(value) + 1 > longestVariableBytes
    ? `name and value together are longer than ${longestVariableBytes - 2} bytes`
    : null;
};

/** The environment over the image's own, weakest first (documented): the stack's, the spawn's, and Cycle's last. */
export const mergeEnvironment = (stack: Variables, runtime: Variables, cycle: Variables): Variables => ({
  ...stack,
  ...runtime,
  ...cycle,
});

/** The identities of one instance that Cycle passes to its process. */
export type InstanceIdentity = {
  readonly containerId: ContainerId;
  readonly containerIdentifier: string;
  readonly instanceId: InstanceId;
  readonly serverId: ServerId;
  readonly network: InstanceNetwork;
  readonly cpus: number | null;
};

/** CPU time is shared out in periods of this many microseconds. */
const cpuPeriodUs = 100_000;

/** Cycle's own variables: the names are documented, most values are our choice. */
export const cycleVariables = (instance: InstanceIdentity): Variables => ({
  CYCLE_CONTAINER_ID: instance.containerId,
  CYCLE_CONTAINER_IDENTIFIER: instance.containerIdentifier,
  CYCLE_INSTANCE_ID: instance.instanceId,
  CYCLE_ENVIRONMENT_ID: instance.network.environmentId,
  CYCLE_SERVER_ID: instance.serverId,
  CYCLE_LOCATION_ID: locationId,
  CYCLE_PROVIDER_IDENTIFIER: 'emulator',
  CYCLE_PROVIDER_VENDOR: 'emulator',
  CYCLE_PROVIDER_LOCATION: 'local',
  ...(instance.network.ipv6 === null
    ? {}
    : {
        CYCLE_INSTANCE_IPV6_IP: instance.network.ipv6,
        CYCLE_INSTANCE_IPV6_SUBNET: instance.network.subnet,
        CYCLE_INSTANCE_IPV6_CIDR: instance.network.ipv6Cidr ?? '',
      }),
  CYCLE_AUTO_START: 'no',
  CYCLE_CPU_LIMITED: instance.cpus === null ? 'no' : 'yes',
  CYCLE_CPU_PERIOD: String(cpuPeriodUs),
  CYCLE_CPU_QUOTA: instance.cpus === null ? '-1' : String(Math.round(instance.cpus * cpuPeriodUs)),
  // PARITY: neither a compute proxy nor the internal API exists here, whose token opens nothing; nor do deployments.
  CYCLE_COMPUTE_PROXY: '',
  CYCLE_API_TOKEN: 'emulator',
  CYCLE_DEPLOYMENT_VERSION: '',
});
