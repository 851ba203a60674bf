import type { ContainerId, EnvironmentId } from '../shared/ids.ts';
import type { AddressPlan, InstanceNetwork } from './address-plan.ts';

/** What of an existing network is the environment's, see `JoinedNetwork`. */
export type Joined = {
  readonly subnet: string;
  readonly ipv6Subnet: string | null;
  readonly addresses: readonly { readonly ipv4: string; readonly ipv6: string | null }[];
};

/**
 * Gives each instance one of the addresses that were set aside in a network that existed before, in order. What claim
 * answers of them is true of that network; only the number is the environment's own (our choice: containers have no
 * subnets of their own there, so both subnets are the network's).
 */
export const createJoinedAddressPlan = (
  environmentId: EnvironmentId,
  number: number,
  { subnet, ipv6Subnet, addresses }: Joined,
  containers: readonly { readonly containerId: ContainerId; readonly maxPoolSize: number }[],
): AddressPlan => {
  const firsts = new Map<ContainerId, number>();
  let next = 0;
  for (const { containerId, maxPoolSize } of containers) {
    firsts.set(containerId, next);
    next += maxPoolSize;
  }
  return (containerId, seed): InstanceNetwork => {
    const address = addresses[(firsts.get(containerId) ?? Number.NaN) + seed];
    if (address === undefined) throw new Error(`no address set aside for instance ${seed} of container ${containerId}`);
    const { ipv4, ipv6 } = address;
    const octets = ipv4.split('.').map(Number);
    return {
      environmentId,
      networkSubnet: subnet,
      subnet: ipv6Subnet ?? subnet,
      ipv4,
      ipv4Cidr: `${ipv4}/${lengthOf(subnet)}`,
      ipv6,
      ipv6Cidr: ipv6 === null || ipv6Subnet === null ? null : `${ipv6}/${lengthOf(ipv6Subnet)}`,
      legacySubnet: octets[2] ?? 0,
      legacyHost: octets[3] ?? 0,
      // As engines derive it from the address, so it is as unique as that.
      macAddress: ['02', '42', ...octets.map((octet) => octet.toString(16).padStart(2, '0'))].join(':'),
      vxlanTag: number,
    };
  };
};

const lengthOf = (subnet: string): string => subnet.split('/')[1] ?? '';
