import type { Engine } from '../engine/engine.ts';
import type { FunctionSetup } from '../engine/setup.ts';
import { createAddressPlan, preferredNumberOf } from '../environment/addresses.ts';
import { toFunctionSetup } from '../function-setup.ts';
import type { ContainerRuntime, ImageSource } from '../runtime/port.ts';
import type { FunctionSpec, Stack } from '../stack/model.ts';
import type { EmulatorOptions } from './options.ts';

/** Makes the environment's network, then each function's image, then all instances. */
export const fillPools = async (
  engine: Engine,
  runtime: ContainerRuntime,
  stack: Stack,
  { pull = 'missing', onImageProgress = () => {} }: EmulatorOptions,
): Promise<void> => {
  const { environment, functions, serverId } = stack;
  const network = await runtime.prepareNetwork(environment.id, preferredNumberOf(environment.id));
  const addresses = createAddressPlan(
    environment.id,
    network,
    functions.map(({ containerId, pool }) => ({ containerId, maxPoolSize: pool.maxPoolSize })),
  );
  const setups: FunctionSetup[] = [];
  for (const spec of functions) {
    const image = await runtime.prepareImage(toImageSource(spec, stack), pull, onImageProgress);
    setups.push(toFunctionSetup(spec, { serverId, addresses, image }));
  }
  await engine.fill(setups);
};

const toImageSource = ({ image, identifier }: FunctionSpec, { environment }: Stack): ImageSource =>
  // The environment is part of the name, so that two stacks with a `hello` each do not build over one another's image.
  image.type === 'dockerfile' ? { ...image, tag: `cycle-emulator/${identifier}:${environment.id}` } : image;
