import { EmulatorError, errorCodes } from '../shared/errors.ts';
import type { ContainerId, EnvironmentId } from '../shared/ids.ts';

/** Where each container's instances live in the environment's network. */
export type AddressPlan = (containerId: ContainerId, seed: number) => InstanceNetwork;

/** Which addresses each container has, counted in what its plan gives away: where they begin, and how many there are. */
export type AddressRanges = Map<ContainerId, { readonly first: number; readonly size: number }>;

/**
 * Gives each container as much as it wants. One that had as much before keeps its place; no place is given away twice, for
 * what has moved or gone from the stack may still run there. Answers where the last range ends.
 */
const extend = (ranges: AddressRanges, begin: number, wanted: readonly (readonly [ContainerId, number])[]): number => {
  let next = [...ranges.values()].reduce((end, { first, size }) => Math.max(end, first + size), begin);
  for (const [containerId, size] of wanted) {
    if ((ranges.get(containerId)?.size ?? -1) >= size) continue;
    ranges.set(containerId, { first: next, size });
    next += size;
  }
  return next;
};

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

type PlannedContainer = { readonly containerId: ContainerId; readonly maxPoolSize: number };

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
  containers: readonly PlannedContainer[],
  ranges: AddressRanges,
): AddressPlan => {
  const wanted = containers.map(({ containerId, maxPoolSize }) => [containerId, maxPoolSize] as const);
  const end = extend(ranges, 0, wanted);
  if (end > addresses.length) {
    throw new EmulatorError(
      errorCodes.networkUnavailable,
      `Failed to plan the environment's addresses: ${addresses.length} were set aside in its network at the start, and ${end} are needed now. Restart the emulator, which sets aside as many as the stack needs.`,
    );
  }
  return (containerId, seed): InstanceNetwork => {
    const address = addresses[(ranges.get(containerId)?.first ?? Number.NaN) + seed];
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
 *
 * @param ranges what earlier plans of the network have given away, and from now on what this one has
 */
export const createAddressPlan = (
  environmentId: EnvironmentId,
  network: { readonly number: number; readonly ipv6: boolean; readonly joined?: Joined },
  containers: readonly PlannedContainer[],
  ranges: AddressRanges = new Map(),
): AddressPlan => {
  if (network.joined !== undefined) {
    return createJoinedAddressPlan(environmentId, network.number, network.joined, containers, ranges);
  }
  const isFirst = ranges.size === 0;
  const toBlocks = (instances: number): number => Math.max(1, Math.ceil(instances / hostsPerBlock));
  const wanted = containers.map(({ containerId, maxPoolSize }) => [containerId, toBlocks(maxPoolSize)] as const);
  const needed = extend(ranges, 1, wanted) - 1;
  if (needed > blocks) {
    throw new EmulatorError(
      errorCodes.stackInvalid,
      `Failed to plan the environment's addresses: its pools may grow to ${needed} blocks of ${hostsPerBlock} instances, and there are ${blocks}. ${isFirst ? 'Lower max_pool_size' : 'Lower max_pool_size, or restart the emulator: what the stack had before counts, too'}.`,
    );
  }
  const { number, ipv6 } = network;
  return (containerId, seed) => {
    const firstBlock = ranges.get(containerId)?.first;
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
