import { networkInterfaces } from 'node:os';
import type { NetworkInspectInfo } from 'dockerode';
import { EmulatorError, errorCodes } from '../../../shared/errors.ts';
import type { EnvironmentId } from '../../../shared/ids.ts';
import type { ContainerSpec, ExistingNetwork, JoinedNetwork } from '../../port.ts';
import type { DockerConnection } from '../engine/connection.ts';
import { ignoreStatus, reasonOf, statusOf, toUnreachable } from '../engine/docker-errors.ts';
import { labels, type Session } from '../engine/labels.ts';
import { predefinedNetworks } from '../engine/quirks.ts';
import { addressAt, contains, parseSubnet, sizeOf, toAddress, toNumber } from './addresses.ts';
import { joinAsScheduler, type MadeNetwork, type NetworkOwner, schedulerName } from './network.ts';
import { reserveAddresses } from './reserved-addresses.ts';

/**
 * Sets addresses of a network that exists aside for an environment. The network stays as it is, and whose it is.
 *
 * @throws EmulatorError `networkUnavailable` where it is not there or cannot give what instances have, `dockerUnreachable`
 */
export const joinNetwork = async (
  owner: NetworkOwner,
  environmentId: EnvironmentId,
  number: number,
  { name, addresses: count }: ExistingNetwork,
): Promise<MadeNetwork> => {
  const { connection, ownContainer } = owner;
  try {
    const found = await loadNetwork(connection, name);
    const subnets = checkNetwork(found);
    const own = ownContainer?.canJoinNetworks ? await joinAsScheduler(connection, found.Name, ownContainer) : null;
    const numbers = await reserveAddresses(owner, environmentId, found, count);
    const addresses = numbers.map((ipv4) => ({ ipv4: toAddress(ipv4), ipv6: toIpv6(found, subnets, ipv4) }));
    const schedulerAddresses = own === null ? toHostAddresses(found) : own.addresses;
    return {
      environmentId,
      name: found.Name,
      number,
      ipv6: subnets.ipv6 !== null,
      schedulerAddresses,
      extraHosts: schedulerAddresses.map((address) => `${schedulerName}:${address}`),
      joined: { subnet: subnets.ipv4, ipv6Subnet: subnets.ipv6, addresses, warnings: warningsOf(found, own !== null) },
      ...(own?.leave === undefined ? {} : { leave: own.leave }),
    };
  } catch (error) {
    if (error instanceof EmulatorError) throw error;
    if (statusOf(error) === null) throw toUnreachable(connection.endpoint, error);
    throw refuse(name, reasonOf(error), 'Check what the Docker engine allows (`docker network inspect`)');
  }
};

/**
 * Finds out whether the engine gives the addresses that were set aside: it shows them only of a container.
 *
 * @param container one that is on the network and does not run
 * @throws EmulatorError `networkUnavailable`
 */
export const tryAddresses = async (
  connection: DockerConnection,
  name: string,
  joined: JoinedNetwork,
  container: string,
): Promise<void> => {
  const [address] = joined.addresses;
  if (address === undefined) return;
  const network = connection.docker.getNetwork(name);
  const IPAMConfig = { IPv4Address: address.ipv4, ...(address.ipv6 === null ? {} : { IPv6Address: address.ipv6 }) };
  try {
    await network.disconnect({ Container: container });
    await network.connect({ Container: container, EndpointConfig: { IPAMConfig } });
  } catch (error) {
    if (statusOf(error) === null) throw toUnreachable(connection.endpoint, error);
    const isChosenByEngine = /user configured subnets/i.test(reasonOf(error));
    if (!isChosenByEngine) throw refuse(name, reasonOf(error), 'Name another network', error);
    const subnets = [joined.subnet, joined.ipv6Subnet].filter((subnet) => subnet !== null);
    throw refuse(
      name,
      'claim answers the address of an instance in advance, and the engine gives fixed addresses only on networks that were made with a subnet',
      `Remove it, then make it with \`docker network create ${subnets.map((text) => `--subnet ${text}`).join(' ')} ${name}\`; in Compose, give it \`ipam: {config: [${subnets.map((text) => `{subnet: "${text}"}`).join(', ')}]}\``,
      error,
    );
  }
};

/** Throws, with its name, where another container has the address. */
export const refuseTakenAddress = (
  { Name: network, Containers }: NetworkInspectInfo,
  session: Session,
  verb: 'make' | 'start',
  { name, ipv4 }: ContainerSpec,
): void => {
  const holder = Object.values(Containers ?? {}).find(
    ({ Name, IPv4Address }) => IPv4Address.split('/')[0] === ipv4 && !Name.startsWith(`cycle-${session.id}`),
  );
  if (holder === undefined) return;
  throw new EmulatorError(
    errorCodes.containerRefused,
    `Failed to ${verb} container ${name}: its address ${ipv4} has been taken by container ${holder.Name}, which is on network ${network}, too. Remove that container, or make the network with an --ip-range: outside it the engine gives no address by itself.`,
  );
};

export const toRemoved = (name: string): EmulatorError =>
  refuse(name, 'it was removed', 'Make it again as it was, or restart the emulator with another');

const refuse = (name: string, reason: string, remedy: string, cause?: unknown): EmulatorError =>
  new EmulatorError(errorCodes.networkUnavailable, `Failed to join the network ${name}: ${reason}. ${remedy}.`, {
    cause,
  });

const mostListed = 20;

const loadNetwork = async ({ docker }: DockerConnection, name: string): Promise<NetworkInspectInfo> => {
  const found = await docker.getNetwork(name).inspect().catch(ignoreStatus(404));
  if (found) return found;
  const others = (await docker.listNetworks())
    .filter(({ Name, Labels }) => !predefinedNetworks.includes(Name) && Labels?.[labels.session] === undefined)
    .map(({ Name }) => Name)
    .toSorted();
  const more = others.length > mostListed ? ` and ${others.length - mostListed} more` : '';
  const listed = `there are ${others.slice(0, mostListed).join(', ')}${more}`;
  const there = others.length === 0 ? 'and there is none to join' : listed;
  throw refuse(
    name,
    `the engine has no network of this name, ${there}`,
    `Remove it, then make it with \`docker network create --subnet 10.77.0.0/16 ${name}\`, or name another`,
  );
};

type Subnets = { readonly ipv4: string; readonly ipv6: string | null };

const another = 'Make one with `docker network create --subnet 10.77.0.0/16 <name>` and name that';

/** The network's subnets; throws where instances could not have on it what claim answers. */
const checkNetwork = (network: NetworkInspectInfo): Subnets => {
  const { Name, Driver, Scope, IPAM, EnableIPv6, Labels, Attachable, ConfigOnly } = network;
  const no = (reason: string, remedy = another): EmulatorError => refuse(Name, reason, remedy);
  if (Driver === 'host' || Driver === 'null') throw no('its containers have no addresses of their own');
  if (predefinedNetworks.includes(Name)) {
    throw no("on the engine's own network containers have no names and no fixed addresses");
  }
  if (Labels?.[labels.session] !== undefined) throw no('it belongs to an emulator and is removed with it');
  if (ConfigOnly) throw no('it is only a configuration for other networks');
  if (Driver === 'ipvlan') throw no('on an ipvlan network containers have no MAC address of their own');
  const isSwarm = Scope === 'swarm';
  if (isSwarm && !Attachable)
    throw no('only services may join it', 'Make it with `docker network create --attachable …`');
  if (isSwarm && EnableIPv6) {
    throw no('an overlay network gives other IPv6 addresses than requested', 'Make it without --ipv6');
  }
  const configured = (IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet ? [Subnet] : []));
  const ipv4 = configured.find((text) => parseSubnet(text) !== null);
  if (ipv4 === undefined) throw no('it has no IPv4 subnet, and an instance has an IPv4 address');
  return { ipv4, ipv6: (EnableIPv6 ? configured.find((text) => text.includes(':')) : undefined) ?? null };
};

/** The IPv6 address with the IPv4 one's place in its subnet, so that it is as free as that. */
const toIpv6 = ({ Name }: NetworkInspectInfo, { ipv4, ipv6 }: Subnets, number: number): string | null => {
  if (ipv6 === null) return null;
  const place = number - (parseSubnet(ipv4)?.first ?? 0);
  if (place >= sizeOf(ipv6) - 1) {
    throw refuse(
      Name,
      `its IPv6 subnet ${ipv6} has fewer addresses than its IPv4 subnet ${ipv4}`,
      'Make it with a larger one',
    );
  }
  return addressAt(ipv6, place);
};

/** Where this machine is on a bridge network: the engine may leave out its gateway. None on other networks. */
const toHostAddresses = ({ Driver, IPAM }: NetworkInspectInfo): readonly string[] => {
  if (Driver !== 'bridge') return [];
  const { Subnet: text, Gateway } = IPAM?.Config?.find(({ Subnet }) => parseSubnet(Subnet) !== null) ?? {};
  const subnet = parseSubnet(text);
  if (subnet === null) return [];
  const here = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, address }) => family === 'IPv4' && contains(subnet, toNumber(address)));
  return [here?.address ?? Gateway?.split('/')[0] ?? toAddress(subnet.first + 1)];
};

const warningsOf = (
  { Name, Driver, EnableIPv6, Internal, Scope }: NetworkInspectInfo,
  isContained: boolean,
): readonly string[] => {
  const isBridge = Driver === 'bridge';
  const kind = `network ${Name} is of the kind ${Driver}`;
  const warnings: readonly (readonly [applies: boolean, text: string])[] = [
    [!EnableIPv6, `network ${Name} has no IPv6: instances have no IPv6 address, and claim answers none`],
    [Internal, `network ${Name} is internal: functions reach nothing outside it, and no port is published`],
    [!isBridge && Scope !== 'swarm', `${kind}: no port is published on this machine`],
    [!isBridge && !isContained, `${kind}: functions do not reach an emulator outside a container`],
  ];
  return warnings.flatMap(([applies, text]) => (applies ? [text] : []));
};
