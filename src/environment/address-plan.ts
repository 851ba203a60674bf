import type { ContainerId, EnvironmentId } from '../shared/ids.ts';

/** Where each container's instances live in the environment's network. */
export type AddressPlan = (containerId: ContainerId, seed: number) => InstanceNetwork;

/** Where an instance lives in the environment's network: what claim answers, and what its container really has. */
export type InstanceNetwork = {
  readonly environmentId: EnvironmentId;
  /** The environment's IPv4 block, `10.<number>.0.0/16`. */
  readonly networkSubnet: string;
  /** The container's own IPv6 block; its IPv4 one where the engine has no IPv6. */
  readonly subnet: string;
  readonly ipv4: string;
  readonly ipv4Cidr: string;
  readonly ipv6: string | null;
  readonly ipv6Cidr: string | null;
  /** Third and fourth octet of `ipv4`. */
  readonly legacySubnet: number;
  readonly legacyHost: number;
  readonly macAddress: string;
  readonly vxlanTag: number;
};
