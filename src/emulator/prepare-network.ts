import { preferredNumberOf } from '../environment/addresses.ts';
import type { ContainerRuntime, EnvironmentNetwork } from '../runtime/port.ts';
import { silentLogger } from '../shared/logger.ts';
import type { Stack } from '../stack/model.ts';
import type { EmulatorOptions } from './options.ts';

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
