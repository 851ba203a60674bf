import { networkInterfaces } from 'node:os';
import type { FunctionSetup } from '../engine/service.ts';
import type { DockerRuntime } from '../runtime/docker/docker-runtime.ts';
import type { ContainerRuntime, EnvironmentNetwork } from '../runtime/port.ts';

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
    if (guest !== null) await runtime.remove(guest);
  }
};

const isHere = (address: string): boolean =>
  Object.values(networkInterfaces()).some((found) => found?.some((one) => one.address === address));
