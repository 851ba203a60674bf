import ipaddr from 'ipaddr.js';
import { EmulatorError, errorCodes } from '../errors.ts';

/** An address or a CIDR block, as IPv6: an IPv4 one is what maps into it. */
type Block = { readonly address: ipaddr.IPv6; readonly bits: number };

const toIpv6 = (address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv6 =>
  address instanceof ipaddr.IPv4 ? address.toIPv4MappedAddress() : address;

/** How many leading bits an IPv4-mapped IPv6 address has before the IPv4 one begins. */
const mappedBits = 96;

/** ipaddr.js also reads `1`, `0x7f.1` and the like; in a list of who may enter these are mistakes. */
const isWrittenPlainly = (address: string): boolean =>
  ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address);

const parseBlock = (text: string): Block | null => {
  const [address = '', bits, ...rest] = text.trim().split('/');
  if (!isWrittenPlainly(address) || rest.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return null;
  const parsed = ipaddr.parse(address);
  const longest = parsed instanceof ipaddr.IPv4 ? 32 : 128;
  const length = bits === undefined ? longest : Number(bits);
  if (length > longest) return null;
  return { address: toIpv6(parsed), bits: parsed instanceof ipaddr.IPv4 ? mappedBits + length : length };
};

/**
 * Whether a socket's address is among the given addresses and CIDR blocks; an empty list admits everybody.
 * Everything is compared as IPv6, so IPv4 and IPv4-mapped forms are the same on both sides, and `::/0` admits all.
 */
export const createAddressFilter = (
  entries: readonly string[],
  keyName: string,
): ((remoteAddress: string | undefined) => boolean) => {
  const blocks = entries.map((entry) => {
    const block = parseBlock(entry);
    if (block !== null) return block;
    throw new EmulatorError(
      errorCodes.badOption,
      `Failed to read access key "${keyName}": "${entry}" is neither an IP address nor a CIDR block. Write it like "10.0.0.7", "10.0.0.0/8" or "fd00::/8".`,
    );
  });
  if (blocks.length === 0) return () => true;
  return (remoteAddress) => {
    // Link-local peers carry the name of an interface (`fe80::1%eth0`), which is not part of the address.
    const [plain = ''] = (remoteAddress ?? '').split('%');
    if (!ipaddr.isValid(plain)) return false;
    const address = toIpv6(ipaddr.parse(plain));
    return blocks.some((block) => address.match(block.address, block.bits));
  };
};
