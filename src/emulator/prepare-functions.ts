import { createHash } from 'node:crypto';
import { sortOut } from '../engine/persistence.ts';
import type { FunctionSetup } from '../engine/service.ts';
import { createAddressPlan } from '../environment/addresses.ts';
import type { ContainerRuntime, EnvironmentNetwork, ImageSource } from '../runtime/port.ts';
import type { InstanceRecord } from '../scheduler/records.ts';
import { silentLogger } from '../shared/logger.ts';
import type { FunctionSpec, ImageOrigin, Stack } from '../stack/model.ts';
import { toFunctionSetup } from './function-setup.ts';
import type { EmulatorOptions } from './options.ts';

/** Makes each function's image, and answers what its instances on the environment's network are to be. */
export const prepareFunctions = async (
  runtime: ContainerRuntime,
  network: EnvironmentNetwork,
  stack: Stack,
  records: readonly InstanceRecord[],
  { pull = 'missing', hot = 0, onImageProgress = () => {}, logger = silentLogger }: EmulatorOptions,
): Promise<readonly FunctionSetup[]> => {
  const { environment, functions, serverId } = stack;
  const addresses = createAddressPlan(
    environment.id,
    network,
    functions.map(({ containerId, pool }) => ({ containerId, maxPoolSize: pool.maxPoolSize })),
  );
  const setups: FunctionSetup[] = [];
  for (const spec of functions) {
    const image = await runtime.prepareImage(toImageSource(spec), pull, onImageProgress);
    setups.push(toFunctionSetup(spec, { serverId, addresses, image, hot }));
  }
  for (const { containerId, instanceId, state } of sortOut(records, setups).dropped) {
    const fields = { container: containerId, instance: instanceId, state: state.name };
    logger.warn(fields, 'an instance of the state file is dropped: the stack no longer has a place for it');
  }
  return setups;
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
  return `cycle-emulator/${identifier.replace(/-+$/, '')}:${createHash('sha256').update(place).digest('hex').slice(0, 12)}`;
};
