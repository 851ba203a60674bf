import { EmulatorError, errorCodes } from '../shared/errors.ts';
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

/** What of an existing network is the environment's, see `JoinedNetwork`. */
type Joined = {
  readonly subnet: string;
  readonly ipv6Subnet: string | null;
  readonly addresses: readonly { readonly ipv4: string; readonly ipv6: string | null }[];
};

/**
 * Gives each instance one of the addresses that were set aside in a network that existed before, in order. What claim
 * answers of them is true of that network; only the number is the environment's own (our choice: containers have no
 * subnets of their own there, so both subnets are the network's).
 */
const createJoinedAddressPlan = (
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

/** Hosts in one block: the last octet runs from 1 to 254. */
const hostsPerBlock = 254;
/** The third octet runs from 1 to 254; block 0 holds the gateway. */
const blocks = 254;

/**
 * Gives each container one block of the environment's network, or several in a row where its pool is larger than a block.
 * The two families show the same digits: `10.21.3.7` and `fd00::21:3:7:0` are environment 21, container 3, instance 7
 * (documented: `fd00::[environment]:[container]:[instance]:[unallocated]` and `10.[environment].[container].[instance]`;
 * our choice: how large pools overflow, and which prefix lengths are shown).
 * Throws where the environment has more instances than addresses.
 */
export const createAddressPlan = (
  environmentId: EnvironmentId,
  network: { readonly number: number; readonly ipv6: boolean; readonly joined?: Joined },
  containers: readonly { readonly containerId: ContainerId; readonly maxPoolSize: number }[],
): AddressPlan => {
  if (network.joined !== undefined) {
    return createJoinedAddressPlan(environmentId, network.number, network.joined, containers);
  }
  const firstBlocks = new Map<ContainerId, number>();
  let next = 1;
  for (const { containerId, maxPoolSize } of containers) {
    firstBlocks.set(containerId, next);
    next += Math.max(1, Math.ceil(maxPoolSize / hostsPerBlock));
  }
  if (next - 1 > blocks) {
    throw new EmulatorError(
      errorCodes.stackInvalid,
      `Failed to plan the environment's addresses: its pools may grow to ${next - 1} blocks of ${hostsPerBlock} instances, and there are ${blocks}. Lower max_pool_size.`,
    );
  }
  const { number, ipv6 } = network;
  return (containerId, seed) => {
    const firstBlock = firstBlocks.get(containerId);
    if (firstBlock === undefined) throw new Error(`no addresses planned for container ${containerId}`);
    const block = firstBlock + Math.floor(seed / hostsPerBlock);
    const host = 1 + (seed % hostsPerBlock);
    const ipv4 = `10.${number}.${block}.${host}`;
    const ipv6Address = `fd00::${number}:${block}:${host}:0`;
    return {
      environmentId,
      networkSubnet: `10.${number}.0.0/16`,
      subnet: ipv6 ? `fd00::${number}:${block}:0:0/96` : `10.${number}.${block}.0/24`,
      ipv4,
      ipv4Cidr: `${ipv4}/16`,
      ipv6: ipv6 ? ipv6Address : null,
      ipv6Cidr: ipv6 ? `${ipv6Address}/80` : null,
      legacySubnet: block,
      legacyHost: host,
      macAddress: ['02', '42', '0a', ...[number, block, host].map(toHexOctet)].join(':'),
      vxlanTag: number,
    };
  };
};

const toHexOctet = (octet: number): string => octet.toString(16).padStart(2, '0');

/** The number an environment asks for first, so that its addresses seldom change between runs. 1 to 254. */
export const preferredNumberOf = (environmentId: EnvironmentId): number =>
  1 + (Number.parseInt(environmentId.slice(0, 8), 16) % 254);
