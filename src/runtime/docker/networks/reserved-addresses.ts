import { randomInt } from 'node:crypto';
import type { NetworkInspectInfo } from 'dockerode';
import { EmulatorError, errorCodes } from '../../../shared/errors.ts';
import type { EnvironmentId } from '../../../shared/ids.ts';
import { ignoreStatus } from '../engine/docker-errors.ts';
import { labels, toSessionLabels } from '../engine/labels.ts';
import { contains, parseRanges, parseSubnet, type Subnet, toAddress, toNumber, toRanges } from './addresses.ts';
import type { NetworkOwner } from './network.ts';

/** How often it is tried where others reserve at the same moment. */
const attempts = 20;

/**
 * Sets addresses of a network aside, as many as asked for: none that a container has or is made with, none of another
 * emulator, and those last that the engine gives to others by itself. An engine has no means for that, so emulators
 * inform one another by labels of volumes, which go with their session. What an earlier process of the session has
 * reserved comes first.
 *
 * @throws EmulatorError `networkUnavailable` where it has fewer
 */
export const reserveAddresses = async (
  owner: NetworkOwner,
  environmentId: EnvironmentId,
  network: NetworkInspectInfo,
  count: number,
): Promise<readonly number[]> => {
  const subnets = (network.IPAM?.Config ?? []).flatMap(({ Subnet: text, IPRange }) => {
    const subnet = parseSubnet(text);
    return subnet === null ? [] : [{ subnet, dynamic: parseSubnet(IPRange) }];
  });
  const [where] = subnets;
  if (where === undefined) throw new Error(`network ${network.Name} has no IPv4 subnet`);
  for (let attempt = 0; ; attempt += 1) {
    const { own, others } = await loadReservations(owner, environmentId, network.Id);
    const missing = count - own.length;
    if (missing <= 0) return own;
    const taken = new Set([...own, ...others, ...(await loadUsed(owner, network))]);
    const free = candidates(where.subnet, where.dynamic).filter((number) => !taken.has(number));
    if (free.length < missing || attempt === attempts) throw tooSmall(network, count, own.length + free.length);
    // An emulator that has met another moves aside, for both see each other and both withdraw.
    const start = attempt === 0 ? 0 : randomInt(free.length - missing + 1);
    const chosen = free.slice(start, start + missing);
    const volume = await reserve(owner, environmentId, network.Id, chosen);
    const now = await loadReservations(owner, environmentId, network.Id);
    if (!chosen.some((number) => now.others.has(number))) return [...own, ...chosen];
    await owner.connection.docker.getVolume(volume).remove().catch(ignoreStatus(404));
  }
};

/** From the end, where an engine comes last, and from within the range that it gives away only when all else is taken. */
const candidates = ({ first, size }: Subnet, dynamic: Subnet | null): readonly number[] => {
  // A network as large as 10.0.0.0/8 need not be counted out: no stack has that many instances.
  const length = Math.min(Math.max(0, size - 2), 2 ** 17);
  const all = Array.from({ length }, (_, index) => first + size - 2 - index);
  if (dynamic === null) return all;
  const isDynamic = (number: number): boolean => contains(dynamic, number);
  return [...all.filter((number) => !isDynamic(number)), ...all.filter(isDynamic)];
};

type Reservations = { readonly own: readonly number[]; readonly others: ReadonlySet<number> };

const loadReservations = async (
  { connection: { docker }, session }: NetworkOwner,
  environmentId: EnvironmentId,
  networkId: string,
): Promise<Reservations> => {
  const filters = { label: [`${labels.network}=${networkId}`] };
  const { Volumes } = await docker.listVolumes({ filters });
  const own: number[] = [];
  const others = new Set<number>();
  for (const { Labels } of (Volumes ?? []).toSorted((one, other) => (one.Name < other.Name ? -1 : 1))) {
    const numbers = parseRanges(Labels?.[labels.addresses] ?? '');
    const isOwn = Labels?.[labels.session] === session.id && Labels[labels.environment] === environmentId;
    if (isOwn) own.push(...numbers);
    else for (const number of numbers) others.add(number);
  }
  return { own, others };
};

/** Answers the volume's name. */
const reserve = async (
  { connection: { docker }, session }: NetworkOwner,
  environmentId: EnvironmentId,
  networkId: string,
  numbers: readonly number[],
): Promise<string> => {
  // Sorted by name, what was reserved first stays first.
  const Name = `cycle-${session.id}-${environmentId}-addresses-${Date.now()}`;
  const Labels = {
    ...toSessionLabels(session),
    [labels.environment]: environmentId,
    [labels.network]: networkId,
    [labels.addresses]: toRanges(numbers),
  };
  await docker.createVolume({ Name, Labels });
  return Name;
};

/** Addresses that containers have, or will have when they start, and the network's own. */
const loadUsed = async (
  { connection: { docker } }: NetworkOwner,
  network: NetworkInspectInfo,
): Promise<readonly number[]> => {
  const filters = { network: [network.Id, network.Name] };
  const containers = await docker.listContainers({ all: true, filters });
  const made = containers.flatMap(({ NetworkSettings }) =>
    Object.values(NetworkSettings?.Networks ?? {}).flatMap(({ IPAddress, IPAMConfig }) => [
      IPAddress,
      (IPAMConfig as { readonly IPv4Address?: string } | null | undefined)?.IPv4Address,
    ]),
  );
  const running = Object.values(network.Containers ?? {}).map(({ IPv4Address }) => IPv4Address.split('/')[0]);
  const own = (network.IPAM?.Config ?? []).flatMap(({ Subnet: subnet, Gateway, ...rest }) => [
    Gateway ?? firstOf(subnet),
    ...Object.values((rest as { readonly AuxiliaryAddresses?: Record<string, string> }).AuxiliaryAddresses ?? {}),
  ]);
  return [...made, ...running, ...own].flatMap((address) => (address ? [toNumber(address)] : []));
};

/** What an engine takes for the gateway where none was asked for. */
const firstOf = (text: string | undefined): string => {
  const subnet = parseSubnet(text);
  return subnet === null ? '' : toAddress(subnet.first + 1);
};

const tooSmall = ({ Name, IPAM }: NetworkInspectInfo, count: number, free: number): EmulatorError =>
  new EmulatorError(
    errorCodes.networkUnavailable,
    `Failed to join the network ${Name}: its subnet ${IPAM?.Config?.[0]?.Subnet} has ${free} free addresses, and the stack's pools may grow to ${count} instances. Lower max_pool_size, or make the network with a larger subnet.`,
  );
