import type { InstanceNetwork } from '../engine/service.ts';
import type { ContainerId } from '../shared/ids.ts';

/** Where each container's instances live in the environment's network. */
export type AddressPlan = (containerId: ContainerId, seed: number) => InstanceNetwork;
