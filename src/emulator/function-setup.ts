import type { FunctionSetup, InstanceSetup } from '../engine/service.ts';
import type { AddressPlan } from '../environment/addresses.ts';
import { cycleVariables, mergeEnvironment } from '../environment/variables.ts';
import { deriveObjectId, type InstanceId, type ServerId } from '../shared/ids.ts';
import type { FunctionSpec } from '../stack/model.ts';

/** What a function of the stack needs of its surroundings to be run. */
export type Surroundings = {
  readonly serverId: ServerId;
  readonly addresses: AddressPlan;
  /** The image as `prepareImage` answered it. */
  readonly image: string;
  /** How many instances are kept hot where the function itself does not say. */
  readonly hot: number;
};

/** Turns a function of the stack file into what an engine runs. */
export const toFunctionSetup = (spec: FunctionSpec, surroundings: Surroundings): FunctionSetup => {
  const { containerId, identifier } = spec;
  return {
    identifier,
    pool: {
      containerId,
      ...spec.pool,
      hot: Math.min(spec.hot ?? surroundings.hot, spec.pool.maxPoolSize),
      instanceIdAt: (seed) => deriveObjectId<InstanceId>('instance', containerId, String(seed)),
    },
    describeInstance: (instanceId, seed) => describeInstance(spec, surroundings, instanceId, seed),
  };
};

const describeInstance = (
  spec: FunctionSpec,
  { serverId, addresses, image }: Surroundings,
  instanceId: InstanceId,
  seed: number,
): InstanceSetup => {
  const { containerId, identifier, resources } = spec;
  const network = addresses(containerId, seed);
  const own = cycleVariables({
    containerId,
    containerIdentifier: identifier,
    instanceId,
    serverId,
    network,
    cpus: resources.cpus,
  });
  const environmentWith: InstanceSetup['environmentWith'] = (variables) =>
    mergeEnvironment(spec.environment, variables, own);
  const { processes, sysctls, rlimits, capabilities, readOnlyRoot } = spec;
  return {
    network,
    environmentWith,
    container: {
      containerId,
      instanceId,
      name: `${identifier}-${seed + 1}`,
      image,
      environment: environmentWith({}),
      command: spec.command,
      workdir: spec.workdir,
      hostname: `${spec.network.hostname}-${seed + 1}`,
      ipv4: network.ipv4,
      ipv6: network.ipv6,
      macAddress: network.macAddress,
      // PARITY: the platform's load balancer makes ports public; here they are published on this machine's loopback.
      // PARITY: what a container may reach outside is not restricted, for any value of `network.public`.
      publishedPorts: spec.network.public === 'enable' ? spec.network.ports.map(({ internal }) => internal) : [],
      limits: { ...resources, processes, sysctls, rlimits, capabilities, readOnlyRoot },
      stop: spec.shutdown,
    },
  };
};
