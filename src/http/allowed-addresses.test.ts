import { describe, expect, test } from 'vitest';
import { EmulatorError } from '../shared/errors.ts';
import { createAddressFilter } from './access-key.ts';

const admits = (ips: readonly string[], address: string | undefined) => createAddressFilter(ips, 'test')(address);

describe('an address filter', () => {
  test.each([
    [[], '203.0.113.9'],
    [[], undefined],
    [['127.0.0.1'], '127.0.0.1'],
    [['127.0.0.1'], '::ffff:127.0.0.1'],
    [['::ffff:127.0.0.1'], '127.0.0.1'],
    [['::ffff:10.0.0.0/104'], '10.9.8.7'],
    [['10.0.0.0/8'], '10.255.0.1'],
    [['10.0.0.5/8'], '10.255.0.1'],
    [['10.0.0.0/8'], '::ffff:10.1.2.3'],
    [['0.0.0.0/0'], '203.0.113.9'],
    [['::/0'], '203.0.113.9'],
    [['::/0'], '2001:db8::1'],
    [['fd00::/8'], 'fd12:3456::1'],
    [['fe80::1'], 'fe80::1%eth0'],
    [['2001:DB8::1'], '2001:db8:0:0::1'],
    [['192.0.2.1', '10.0.0.0/8'], '10.0.0.1'],
    [[' 10.0.0.1 '], '10.0.0.1'],
  ])('of %j admits %s', (ips, address) => {
    expect(admits(ips, address)).toBe(true);
  });

  test.each([
    [['127.0.0.1'], '127.0.0.2'],
    [['10.0.0.0/8'], '11.0.0.1'],
    [['10.0.0.0/8'], 'fd00::1'],
    [['0.0.0.0/0'], '2001:db8::1'],
    [['fd00::/8'], 'fe80::1'],
    [['127.0.0.1'], '::1'],
    [['127.0.0.1'], undefined],
    [['127.0.0.1'], ''],
  ])('of %j turns away %s', (ips, address) => {
    expect(admits(ips, address)).toBe(false);
  });

  test.each(['', 'localhost', '10.0.0', '1', '10.0.0.1/33', '::1/129', '10.0.0.1/', '10.0.0.1/8/8', '10.0.0.1/x', '*'])(
    'cannot be made of "%s"',
    (entry) => {
      expect(() => createAddressFilter([entry], 'ci')).toThrow(EmulatorError);
      expect(() => createAddressFilter([entry], 'ci')).toThrow(/^Failed to read access key "ci": /);
    },
  );
});
