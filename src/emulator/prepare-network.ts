import { preferredNumberOf } from '../environment/addresses.ts';
import { EmulatorError, errorCodes } from '../errors.ts';
import { silentLogger } from '../http/logger.ts';
import type { ContainerRuntime, EnvironmentNetwork } from '../runtime/port.ts';
import type { Stack } from '../stack/model.ts';
import { parseNetworkName } from '../stack/values/network-name.ts';
import type { EmulatorOptions } from './options.ts';

/** Makes the network of the stack's environment, or joins the one that the options or else the stack name. */
export const prepareNetwork = async (
  runtime: ContainerRuntime,
  { environment: { id }, network: named, functions }: Stack,
  { network: given, logger = silentLogger }: EmulatorOptions,
): Promise<EnvironmentNetwork> => {
  const name = given === undefined ? named : checkName(given);
  const addresses = functions.reduce((sum, { pool }) => sum + pool.maxPoolSize, 0);
  const existing = name === null ? undefined : { name, addresses };
  const network = await runtime.prepareNetwork(id, preferredNumberOf(id), existing);
  for (const warning of network.joined?.warnings ?? []) logger.warn({}, warning);
  return network;
};

const checkName = (given: string): string => {
  const parsed = parseNetworkName(given);
  if (parsed.ok) return parsed.value;
  throw new EmulatorError(
    errorCodes.badOption,
    `Failed to join the network ${JSON.stringify(given)}: that is no name of a network. Give ${parsed.expected}.`,
  );
};
