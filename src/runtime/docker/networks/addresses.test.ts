import { expect, test } from 'vitest';
import { addressAt, contains, parseRanges, parseSubnet, sizeOf, toAddress, toNumber, toRanges } from './addresses.ts';

test('an IPv4 address and its number convert both ways, to the last one', () => {
  for (const address of ['0.0.0.0', '10.1.0.255', '172.18.255.254', '255.255.255.255']) {
    expect(toAddress(toNumber(address))).toBe(address);
  }
});

test('a subnet begins at its first address, whichever of its addresses is written', () => {
  const subnet = parseSubnet('172.18.7.9/16');
  expect(subnet).toEqual({ first: toNumber('172.18.0.0'), size: 65_536 });
  expect(subnet && contains(subnet, toNumber('172.18.255.255'))).toBe(true);
  expect(subnet && contains(subnet, toNumber('172.19.0.0'))).toBe(false);
});

test.each([undefined, '', 'fd00::/64', '10.0.0.0'])('%j is not an IPv4 subnet', (text) => {
  expect(parseSubnet(text)).toBeNull();
});

test('ranges read as the addresses that were written, in their order', () => {
  const numbers = ['10.0.1.1', '10.0.1.0', '10.0.0.255', '10.0.0.9', '10.0.0.7', '10.0.0.6'].map(toNumber);
  expect(toRanges(numbers)).toBe('10.0.1.1-10.0.0.255,10.0.0.9,10.0.0.7-10.0.0.6');
  expect(parseRanges(toRanges(numbers))).toEqual(numbers);
});

test.each([
  ['fd00::/64', 2, 'fd00::2'],
  ['fd00:0:0:7::/80', 65_534, 'fd00:0:0:7::fffe'],
  ['2001:DB8::/32', 2 ** 24 + 3, '2001:db8::100:3'],
  ['2001:db8:1:2:3:4:5:0/112', 300, '2001:db8:1:2:3:4:5:12c'],
  ['::/0', 1, '::1'],
])('of the subnet %s address %i is %s', (subnet, number, address) => {
  expect(addressAt(subnet, number)).toBe(address);
});

test.each([
  ['fd00::/64', 2 ** 64],
  ['fd00::1/128', 1],
])('the subnet %s has %i addresses', (subnet, size) => {
  expect(sizeOf(subnet)).toBe(size);
});
