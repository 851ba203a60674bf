import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import type { NetworkCreateOptions } from 'dockerode';
import { EmulatorError, errorCodes } from '../../../shared/errors.ts';
import type { EnvironmentId } from '../../../shared/ids.ts';
import type { EnvironmentNetwork } from '../../port.ts';
import type { DockerConnection } from '../engine/connection.ts';
import { reasonOf, statusOf, toUnreachable } from '../engine/docker-errors.ts';
import { labels, type Session, toSessionLabels } from '../engine/labels.ts';
import { isSubnetTaken } from '../engine/quirks.ts';
import type { OwnContainer } from '../session/owner.ts';

/** The scheduler's name in every environment: where clients look for it by default. */
export const schedulerName = 'env-scheduler';

export type MadeNetwork = EnvironmentNetwork & {
  readonly environmentId: EnvironmentId;
  readonly name: string;
  /** Names that its containers cannot ask the engine for, as `--add-host` takes them. */
  readonly extraHosts: readonly string[];
  /** Takes the emulator's own container off it, where only its joining has put it there. */
  readonly leave?: () => Promise<void>;
};

export type NetworkOwner = {
  readonly connection: DockerConnection;
  readonly session: Session;
  /** The container that this process runs in; null where it runs in none of the engine's. */
  readonly ownContainer: OwnContainer | null;
};

/**
 * Makes an environment's bridge network: with the preferred number if its addresses are free, else the next free one.
 * The engine itself is asked by trying, so that no other session can take the number in between. Where this process
 * runs in a container, that is put on the network as `env-scheduler`; elsewhere the name stands for the host's address.
 *
 * @throws EmulatorError `networkUnavailable`, `dockerUnreachable`
 */
export const makeNetwork = async (
  owner: NetworkOwner,
  environmentId: EnvironmentId,
  preferredNumber: number,
): Promise<MadeNetwork> => {
  // An earlier process of the session may have made it, and functions that still run are on it.
  const found = await findNetwork(owner, environmentId);
  if (found) return await join(owner, found);
  const onHost = hostNumbers(Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []));
  const routed = parseRoutedNumbers(await readFile('/proc/net/route', 'utf8').catch(() => ''));
  for (const number of candidates(preferredNumber)) {
    if (onHost.has(number) || routed.has(number)) continue;
    const made = await tryNumber(owner, environmentId, number);
    if (made) return await join(owner, made);
  }
  throw new EmulatorError(
    errorCodes.networkUnavailable,
    `Failed to make the network of environment ${environmentId}: every subnet from 10.1.0.0/16 to 10.254.0.0/16 overlaps another network or a route of this machine. Remove networks that are no longer used with \`docker network prune\`.`,
  );
};

/**
 * Makes a removed network again, as it was: callers have instances' addresses.
 *
 * @throws EmulatorError `networkUnavailable`, `dockerUnreachable`
 */
export const remakeNetwork = async (
  owner: NetworkOwner,
  { environmentId, name, number }: MadeNetwork,
): Promise<void> => {
  const made = await tryNumber(owner, environmentId, number);
  if (made === null) {
    throw new EmulatorError(
      errorCodes.networkUnavailable,
      `Failed to make network ${name} again: it was removed, and its subnet 10.${number}.0.0/16 now overlaps another network. Remove that network, or restart the emulator.`,
    );
  }
  await join(owner, made);
};

/** All numbers, the preferred one first, then upwards and around. */
export const candidates = (preferredNumber: number): readonly number[] =>
  Array.from({ length: 254 }, (_, step) => ((preferredNumber - 1 + step) % 254) + 1);

/**
 * The numbers whose subnet holds an address of this machine. A wider network of the machine, say all of `10.0.0.0/8`,
 * takes away no more than that: the environment's route is the more specific one.
 */
export const hostNumbers = (
  addresses: readonly { readonly address: string; readonly family: string }[],
): ReadonlySet<number> =>
  new Set(
    addresses
      .filter(({ family, address }) => family === 'IPv4' && address.startsWith('10.'))
      .map(({ address }) => Number(address.split('.')[1])),
  );

/**
 * The second octets of what this machine has routes for in 10.0.0.0/8, from the kernel's table, whose columns have their
 * bytes in the machine's order: all that Docker runs on are little-endian. A network there would take those routes' traffic.
 * Wider routes, say of all of 10.0.0.0/8, are not counted: the network's own is the more specific one.
 */
export const parseRoutedNumbers = (table: string): ReadonlySet<number> => {
  const routes = table.matchAll(/^\S+\t\w{4}(?<second>\w\w)0A\t(?:\w+\t){5}\w{4}FFFF\b/gm);
  return new Set(Array.from(routes, ({ groups }) => Number.parseInt(groups?.['second'] ?? '', 16)));
};

/** The network that an earlier process of the session made, or asked for; null without one. */
const findNetwork = async (
  { connection: { docker }, session }: NetworkOwner,
  environmentId: EnvironmentId,
): Promise<MadeNetwork | null> => {
  if (session.durable === null) return null;
  const filters = { label: [`${labels.session}=${session.id}`, `${labels.environment}=${environmentId}`] };
  for (const { Name, IPAM, EnableIPv6 } of await docker.listNetworks({ filters })) {
    const number = IPAM?.Config?.map(({ Subnet = '' }) => /^10\.(\d+)\.0\.0\/16$/.exec(Subnet)?.[1]).find(Boolean);
    if (number !== undefined) return describeNetwork(environmentId, Name, Number(number), EnableIPv6);
  }
  return null;
};

const describeNetwork = (environmentId: EnvironmentId, name: string, number: number, ipv6: boolean): MadeNetwork => {
  const gateway = gatewayOf(number);
  const extraHosts = [`${schedulerName}:${gateway}`];
  return { environmentId, name, number, ipv6, schedulerAddresses: [gateway], extraHosts };
};

/** Null where the number's addresses are taken. */
const tryNumber = async (
  owner: NetworkOwner,
  environmentId: EnvironmentId,
  number: number,
): Promise<MadeNetwork | null> => {
  const { connection, session } = owner;
  let refusal: unknown;
  for (const ipv6 of [true, false]) {
    const network = describeNetwork(environmentId, `cycle-${session.id}-${environmentId}`, number, ipv6);
    try {
      await connection.docker.createNetwork(toNetworkOptions(session, network));
      return network;
    } catch (error) {
      if (statusOf(error) === null) throw toUnreachable(connection.endpoint, error);
      if (isSubnetTaken(error)) return null;
      // An engine may be unable to do IPv6; what it says of the network without is the better reason then.
      refusal = error;
    }
  }
  // What an earlier process has asked for may be made as late as this.
  const late = await findNetwork(owner, environmentId);
  if (late) return late;
  throw new EmulatorError(
    errorCodes.networkUnavailable,
    `Failed to make the network of environment ${environmentId}: ${reasonOf(refusal)}. Check what the Docker engine allows (\`docker network create\`).`,
    { cause: refusal },
  );
};

const gatewayOf = (number: number): string => `10.${number}.0.1`;

/**
 * Puts the emulator's container on a network, under the scheduler's name; answers its addresses there, and how it leaves.
 * One that is on it already keeps the names it has, and stays.
 */
export const joinAsScheduler = async (
  { docker }: DockerConnection,
  name: string,
  { dockerId }: OwnContainer,
  IPAMConfig: { readonly IPv4Address?: string; readonly IPv6Address?: string } = {},
): Promise<{ readonly addresses: readonly string[]; readonly leave?: () => Promise<void> }> => {
  const network = docker.getNetwork(name);
  const find = async (): Promise<readonly string[] | null> => {
    const endpoint = (await docker.getContainer(dockerId).inspect()).NetworkSettings.Networks[name];
    return endpoint === undefined ? null : [endpoint.IPAddress, endpoint.GlobalIPv6Address].filter(Boolean);
  };
  const before = await find();
  if (before !== null) return { addresses: before };
  await network.connect({ Container: dockerId, EndpointConfig: { Aliases: [schedulerName], IPAMConfig } });
  // Whether it was taken off by hand, or its network removed, comes to the same.
  const leave = () => network.disconnect({ Container: dockerId }).catch(() => undefined);
  return { addresses: (await find()) ?? [], leave };
};

/**
 * Puts the emulator's container, where it can be, on a network of the session's: in block 0, which holds no instances. The
 * engine's own name service knows the alias, so containers need no extra host.
 */
const join = async ({ connection, ownContainer }: NetworkOwner, network: MadeNetwork): Promise<MadeNetwork> => {
  if (!ownContainer?.canJoinNetworks) return network;
  const { name, number, ipv6 } = network;
  const IPv6Address = `fd00::${number}:0:2:0`;
  const fixed = { IPv4Address: `10.${number}.0.2`, ...(ipv6 ? { IPv6Address } : {}) };
  try {
    const { addresses } = await joinAsScheduler(connection, name, ownContainer, fixed);
    return { ...network, schedulerAddresses: addresses, extraHosts: [] };
  } catch (error) {
    if (statusOf(error) === null) throw toUnreachable(connection.endpoint, error);
    throw new EmulatorError(
      errorCodes.networkUnavailable,
      `Failed to put the emulator's container on the network of its environment: ${reasonOf(error)}. Check what the Docker engine allows (\`docker network connect\`).`,
      { cause: error },
    );
  }
};

const toNetworkOptions = (
  session: Session,
  { environmentId, name, number, ipv6 }: MadeNetwork,
): NetworkCreateOptions => ({
  Name: name,
  Driver: 'bridge',
  CheckDuplicate: true,
  EnableIPv6: ipv6,
  // As a daemon's own default may be another (`default-network-opts`), and only this one publishes ports on the host.
  Options: {
    'com.docker.network.bridge.gateway_mode_ipv4': 'nat',
    'com.docker.network.bridge.gateway_mode_ipv6': 'nat',
    // Docker 28 would announce each container's addresses for two seconds, by sockets in its network that are taken for what
    // a run has left. They are never new: the MAC address follows from them.
    'com.docker.network.advertise_addr_nmsgs': '0',
  },
  IPAM: {
    Config: [
      { Subnet: `10.${number}.0.0/16`, Gateway: gatewayOf(number) },
      // The number's decimal digits stand in the group as they are, as Cycle shows it: 21 is `fd00::21:0:0:0`.
      ...(ipv6 ? [{ Subnet: `fd00:0:0:0:${number}::/80`, Gateway: `fd00::${number}:0:0:1` }] : []),
    ],
  },
  Labels: { ...toSessionLabels(session), [labels.environment]: environmentId },
});
