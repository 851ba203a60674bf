import type { ContainerLimits, ContainerSpec, EnvironmentNetwork } from '../../../src/runtime/port.ts';
import { type ContainerId, deriveObjectId, type EnvironmentId, type InstanceId } from '../../../src/shared/ids.ts';

export const sampleEnvironmentId = deriveObjectId<EnvironmentId>('environment', 'sample');

const noLimits: ContainerLimits = {
  cpus: null,
  cpuShares: null,
  memoryBytes: null,
  memoryReservationBytes: null,
  sharedMemoryBytes: null,
  processes: 4_096,
  sysctls: {},
  rlimits: {},
  capabilities: [],
  readOnlyRoot: false,
};

export const sh = (script: string): ContainerSpec['command'] => ({ path: '/bin/sh', args: ['-c', script] });

/** Runs until it is stopped, and then ends at once with code 0. */
export const obedient = sh("trap 'exit 0' TERM; sleep 1000 & wait $!");

const hex = (octet: number): string => octet.toString(16).padStart(2, '0');

/** What a test of containers changes of the sample. */
export type Sample = Partial<Omit<ContainerSpec, 'limits'>> & {
  readonly limits?: Partial<ContainerLimits>;
  /** Third and fourth octet of its address. */
  readonly block?: number;
  readonly host?: number;
};

/** A container of the sample function in a network; each call with the same block and host is the same instance. */
export const sampleContainer = (
  image: string,
  { number, ipv6 }: EnvironmentNetwork,
  { block = 3, host = 1, limits, ...overrides }: Sample = {},
): ContainerSpec => ({
  functionId: deriveObjectId<ContainerId>('container', 'sample', String(block)),
  instanceId: deriveObjectId<InstanceId>('instance', String(block), String(host)),
  name: `sample-${host}`,
  image,
  environment: {},
  command: obedient,
  workdir: null,
  hostname: `sample-${host}`,
  ipv4: `10.${number}.${block}.${host}`,
  ipv6: ipv6 ? `fd00::${number}:${block}:${host}:0` : null,
  macAddress: ['02', '42', ...[10, number, block, host].map(hex)].join(':'),
  publishedPorts: [],
  limits: { ...noLimits, ...limits },
  stop: { signals: ['SIGTERM'], graceMs: 10_000 },
  ...overrides,
});
