import { expect, test } from 'vitest';
import { addressAt, sizeOf } from './ipv6.ts';

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
