/** An IPv4 subnet; addresses are numbers, which can be counted up. */
export type Subnet = { readonly first: number; readonly size: number };

export const toNumber = (address: string): number =>
  address.split('.').reduce((number, octet) => number * 256 + Number(octet), 0);

export const toAddress = (number: number): string =>
  [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join('.');

/** Null where the text is no IPv4 subnet such as `172.18.0.0/16`. */
export const parseSubnet = (text: string | undefined): Subnet | null => {
  const [, address = '', length] = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(text ?? '') ?? [];
  if (length === undefined) return null;
  const size = 2 ** (32 - Number(length));
  return { first: Math.floor(toNumber(address) / size) * size, size };
};

export const contains = ({ first, size }: Subnet, number: number): boolean => number >= first && number < first + size;

/** Numbers as ranges in their order, for a label: `172.18.0.9-172.18.0.7,172.18.0.4`. */
export const toRanges = (numbers: readonly number[]): string => {
  const ranges: { from: number; to: number }[] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last?.to === number + 1) last.to = number;
    else ranges.push({ from: number, to: number });
  }
  return ranges.map(({ from, to }) => [...new Set([from, to])].map(toAddress).join('-')).join(',');
};

/** What `toRanges` has written. */
export const parseRanges = (text: string): readonly number[] =>
  text.split(',').flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(toNumber);
    return Array.from({ length: from - to + 1 }, (_, index) => from - index);
  });

/** How many addresses an IPv6 subnet such as `fd00::/64` has. */
export const sizeOf = (subnet: string): number => 2 ** (128 - Number(subnet.split('/')[1]));

/** An IPv6 subnet's address of that number, whose first has 0. */
export const addressAt = (subnet: string, number: number): string => {
  const [first = ''] = subnet.split('/');
  const digits = (toBigInt(first) | BigInt(number)).toString(16).padStart(32, '0');
  return normalise(digits.replace(/.{4}(?!$)/g, '$&:'));
};

const toBigInt = (address: string): bigint => {
  const [before = [], after = []] = normalise(address)
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return BigInt(`0x${[...before, ...zeros, ...after].map((group) => group.padStart(4, '0')).join('')}`);
};

/** As RFC 5952 has it, which is what a URL makes of an address. */
const normalise = (address: string): string => new URL(`http://[${address}]`).hostname.slice(1, -1);
