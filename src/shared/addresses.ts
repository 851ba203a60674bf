import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

/** Some of the IPv6 addresses; IPv4 ones are those that they map into. */
type AddressBlock = {
  readonly address: string;
  /** How many leading bits of the address count, 0 to 128. */
  readonly bits: number;
};

/** Null where the text is no IP address. An IPv6 one may carry the name of an interface (`fe80::1%eth0`). */
export const toIpv6 = (text: string): string | null => {
  if (isIPv4(text)) return `::ffff:${text}`;
  return isIPv6(text) ? text.replace(/%.*/, '') : null;
};

/** An IP address or a CIDR block; null where the text is neither. */
export const parseAddressBlock = (text: string): AddressBlock | null => {
  const [, start = '', prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = toIpv6(start);
  const longest = isIPv4(start) ? 32 : 128;
  const length = Number(prefix ?? longest);
  return address === null || length > longest ? null : { address, bits: 128 - longest + length };
};

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Whether a host is this machine to itself, and no other machine reaches it: an address, in brackets as in a URL or
 * without, or `localhost`. Any other name could stand for anything.
 */
export const isLoopback = (host: string): boolean => {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(bare);
  if (family === 0) return bare.toLowerCase() === 'localhost';
  return loopback.check(bare, family === 6 ? 'ipv6' : 'ipv4');
};
