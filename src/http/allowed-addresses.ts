import { BlockList } from 'node:net';
import { parseAddressBlock, toIpv6 } from '../shared/addresses.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';

/**
 * Whether a socket's address is among the given addresses and CIDR blocks; an empty list admits every address.
 * Everything is compared as IPv6, so IPv4 and IPv4-mapped forms are the same on both sides, and `::/0` admits all.
 */
export const createAddressFilter = (
  entries: readonly string[],
  keyName: string,
): ((remoteAddress: string | undefined) => boolean) => {
  if (entries.length === 0) return () => true;
  const allowed = new BlockList();
  for (const entry of entries) {
    const block = parseAddressBlock(entry.trim());
    if (block !== null) allowed.addSubnet(block.address, block.bits, 'ipv6');
    else
      throw new EmulatorError(
        errorCodes.badOption,
        `Failed to read access key "${keyName}": "${entry}" is neither an IP address nor a CIDR block. Write it like "10.0.0.7", "10.0.0.0/8" or "fd00::/8".`,
      );
  }
  return (remoteAddress = '') => {
    const address = toIpv6(remoteAddress);
    return address !== null && allowed.check(address, 'ipv6');
  };
};
