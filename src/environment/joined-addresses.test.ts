import { expect, test } from 'vitest';
import { type ContainerId, deriveObjectId, type EnvironmentId } from '../shared/ids.ts';
import { createAddressPlan } from './addresses.ts';

const environmentId = deriveObjectId<EnvironmentId>('environment', 'joined');
const [one, other] = ['one', 'other'].map((name) => deriveObjectId<ContainerId>('container', name)) as [
  ContainerId,
  ContainerId,
];
const containers = [
  { containerId: one, maxPoolSize: 2 },
  { containerId: other, maxPoolSize: 1 },
];

const plan = (ipv6: boolean) =>
  createAddressPlan(
    environmentId,
    {
      number: 21,
      ipv6,
      joined: {
        subnet: '172.18.0.0/16',
        ipv6Subnet: ipv6 ? 'fd00:77::/64' : null,
        addresses: [254, 253, 252].map((host) => ({
          ipv4: `172.18.255.${host}`,
          ipv6: ipv6 ? `fd00:77::ff${host.toString(16)}` : null,
        })),
      },
    },
    containers,
  );

test('an address plan of an existing network has its addresses as that network has them', () => {
  expect(plan(true)(one, 1)).toEqual({
    environmentId,
    networkSubnet: '172.18.0.0/16',
    subnet: 'fd00:77::/64',
    ipv4: '172.18.255.253',
    ipv4Cidr: '172.18.255.253/16',
    ipv6: 'fd00:77::fffd',
    ipv6Cidr: 'fd00:77::fffd/64',
    legacySubnet: 255,
    legacyHost: 253,
    macAddress: '02:42:ac:12:ff:fd',
    vxlanTag: 21,
  });
});

test('an address plan of an existing network without IPv6 has no IPv6 address', () => {
  expect(plan(false)(one, 0)).toMatchObject({ subnet: '172.18.0.0/16', ipv6: null, ipv6Cidr: null });
});

test('an address plan of an existing network has addresses for each function, all of them set aside for it', () => {
  const addressOf = plan(true);
  expect(addressOf(other, 0).ipv4).toBe('172.18.255.252');
  expect(() => addressOf(other, 1)).toThrow(/no address set aside/);
});
