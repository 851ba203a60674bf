/** How many addresses an IPv6 subnet such as `fd00::/64` has. */
export const sizeOf = (subnet: string): number => 2 ** (128 - Number(subnet.split('/')[1]));

/** An IPv6 subnet's address of that number, whose first has 0. */
export const addressAt = (subnet: string, number: number): string => {
  const [first = ''] = subnet.split('/');
  const digits = (toNumber(first) | BigInt(number)).toString(16).padStart(32, '0');
  return normalise(digits.replace(/.{4}(?!$)/g, '$&:'));
};

const toNumber = (address: string): bigint => {
  const [before = [], after = []] = normalise(address)
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return BigInt(`0x${[...before, ...zeros, ...after].map((group) => group.padStart(4, '0')).join('')}`);
};

/** As RFC 5952 has it, which is what a URL makes of an address. */
const normalise = (address: string): string => new URL(`http://[${address}]`).hostname.slice(1, -1);
