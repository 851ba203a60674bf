import { createHash } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { sortOut } from '../engine/persistence.ts';
import type { FunctionSetup, InstanceSetup } from '../engine/service.ts';
import type { StateFile } from '../engine/state-file.ts';
import {
  type AddressPlan,
  type AddressRanges,
  createAddressPlan,
  preferredNumberOf,
} from '../environment/addresses.ts';
import { cycleVariables, mergeEnvironment } from '../environment/variables.ts';
import { toPolicies } from '../profile/imitate.ts';
import type { DockerRuntime } from '../runtime/docker/docker-runtime.ts';
import { builtImagePrefix, type ContainerRuntime, type EnvironmentNetwork, type ImageSource } from '../runtime/port.ts';
import type { PoolSpec } from '../scheduler/pool.ts';
import { type ContainerId, deriveObjectId, type InstanceId, type ServerId } from '../shared/ids.ts';
import { silentLogger } from '../shared/logger.ts';
import type { ImageOrigin } from '../shared/types.ts';
import type { FunctionSpec, Stack } from '../stack/model.ts';
import type { EmulatorOptions } from './public-types.ts';

/** What a function of the stack needs of its context to be run. */
type FunctionContext = {
  readonly serverId: ServerId;
  readonly addresses: AddressPlan;
  /** The image as `prepareImage` answered it. */
  readonly image: string;
  /** How many instances are kept hot where the function itself does not say. */
  readonly hot: number;
  /** The same of warm ones; null leaves it to the pool. */
  readonly warm?: number | null;
  /** What a recorded scheduler does otherwise. */
  readonly policies?: Partial<PoolSpec> | undefined;
};

/** Turns a function of the stack file into what an engine runs. */
export const toFunctionSetup = (spec: FunctionSpec, context: FunctionContext): FunctionSetup => {
  const { containerId, identifier, checks } = spec;
  return {
    identifier,
    pool: {
      containerId,
      ...spec.pool,
      ...context.policies,
      hot: Math.min(spec.hot ?? context.hot, spec.pool.maxPoolSize),
      warm: spec.warm ?? context.warm ?? null,
      keepsVariables: checks.readiness !== null || checks.health !== null,
      instanceIdAt: (seed) => deriveObjectId<InstanceId>('instance', containerId, String(seed)),
    },
    describeInstance: (instanceId, seed) => describeInstance(spec, context, instanceId, seed),
  };
};

const describeInstance = (
  spec: FunctionSpec,
  { serverId, addresses, image }: FunctionContext,
  instanceId: InstanceId,
  seed: number,
): InstanceSetup => {
  const { containerId, identifier, resources, files } = spec;
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
    checks: spec.checks,
    environmentWith,
    container: {
      functionId: containerId,
      instanceId,
      name: `${identifier}-${seed + 1}`,
      image,
      environment: environmentWith({}),
      files,
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

/** Addresses and images that functions have got: they keep both when the stack changes. */
export class GivenAway {
  readonly ranges: AddressRanges = new Map();
  images: ReadonlyMap<ContainerId, { readonly source: ImageSource; readonly image: string }> = new Map();
}

/**
 * Makes each function's image, and answers what its instances on the environment's network are to be.
 *
 * @param given what the functions of the earlier stack got; an image is kept where the stack asks for the same one
 * @param isTouched whether the image of a function must be made again all the same
 */
export const prepareFunctions = async (
  runtime: Pick<ContainerRuntime, 'prepareImage'>,
  network: EnvironmentNetwork,
  stack: Stack,
  { pull = 'missing', hot = 0, warm, profile, onImageProgress = () => {} }: EmulatorOptions,
  given: GivenAway,
  isTouched: (spec: FunctionSpec) => boolean = () => true,
): Promise<readonly FunctionSetup[]> => {
  const { environment, functions, serverId } = stack;
  const addresses = createAddressPlan(
    environment.id,
    network,
    functions.map(({ containerId, pool }) => ({ containerId, maxPoolSize: pool.maxPoolSize })),
    given.ranges,
  );
  const policies = profile && toPolicies(profile.answers);
  const setups: FunctionSetup[] = [];
  const images = new Map<ContainerId, { source: ImageSource; image: string }>();
  for (const spec of functions) {
    const { containerId } = spec;
    const source = toImageSource(spec);
    const known = given.images.get(containerId);
    const isKept = known !== undefined && !isTouched(spec) && isDeepStrictEqual(known.source, source);
    const image = isKept ? known.image : await runtime.prepareImage(source, pull, onImageProgress);
    images.set(containerId, { source, image });
    setups.push(toFunctionSetup(spec, { serverId, addresses, image, hot, warm: warm ?? null, policies }));
  }
  // Where one could not be made, all is as it was; of a function that has gone from the stack, files are not watched.
  given.images = images;
  return setups;
};

/** Warns of instances that the stack has no place for any more. */
export const warnOfDropped = (
  { records }: StateFile,
  functions: readonly FunctionSetup[],
  { logger = silentLogger }: EmulatorOptions,
): void => {
  for (const { containerId, instanceId, state } of sortOut(records, functions).dropped) {
    const fields = { container: containerId, instance: instanceId, state: state.name };
    logger.warn(fields, 'an instance of the state file is dropped: the stack no longer has a place for it');
  }
};

const toImageSource = ({ image, identifier }: FunctionSpec): ImageSource =>
  image.type === 'dockerfile' ? { ...image, tag: toTag(image, identifier) } : image;

type DockerfileOrigin = Extract<ImageOrigin, { type: 'dockerfile' }>;

/**
 * A name for people and for the next build to take over: one for each function of each project, distinguished by where
 * its files lie. What runs goes by the image's ID.
 */
const toTag = ({ contextDir, dockerfile, buildArgs }: DockerfileOrigin, identifier: string): string => {
  const place = JSON.stringify([contextDir, dockerfile, Object.entries(buildArgs).sort()]);
  // An image's name may not end with a hyphen, as identifiers may.
  return `${builtImagePrefix}${identifier.replace(/-+$/, '')}:${createHash('sha256').update(place).digest('hex').slice(0, 12)}`;
};

/** Makes the network of the stack's environment, or joins the one that the options or else the stack name. */
export const prepareNetwork = async (
  runtime: ContainerRuntime,
  { environment: { id }, network: named, functions }: Stack,
  { network: given, logger = silentLogger }: EmulatorOptions,
): Promise<EnvironmentNetwork> => {
  const name = given ?? named;
  const addresses = functions.reduce((sum, { pool }) => sum + pool.maxPoolSize, 0);
  const existing = name === null ? undefined : { name, addresses };
  const network = await runtime.prepareNetwork(id, preferredNumberOf(id), existing);
  for (const warning of network.joined?.warnings ?? []) logger.warn({}, warning);
  return network;
};

/**
 * Does the work while this machine has the addresses that functions look for the scheduler at. Podman makes them with
 * the first container that runs on a network and takes them away with the last, so where none runs yet, one of the
 * first function's does for as long as the work takes. A process that listens on an address by then goes on to listen
 * when it comes back.
 */
export const whileNetworkIsUp = async <Done>(
  runtime: DockerRuntime | ContainerRuntime,
  { schedulerAddresses }: EnvironmentNetwork,
  [first]: readonly FunctionSetup[],
  work: () => Promise<Done>,
): Promise<Done> => {
  const isUpOnlyInUse = 'engine' in runtime && runtime.engine.product === 'Podman';
  if (first === undefined || !isUpOnlyInUse || schedulerAddresses.every(isHere)) return await work();
  const { container } = first.describeInstance(first.pool.instanceIdAt(0), 0);
  // One that cannot be made stops the pools, too, and they say why.
  const guest = await runtime.prepare({ ...container, publishedPorts: [] }, { hot: true }).catch(() => null);
  try {
    return await work();
  } finally {
    await guest?.remove();
  }
};

const isHere = (address: string): boolean =>
  Object.values(networkInterfaces()).some((found) => found?.some((one) => one.address === address));
