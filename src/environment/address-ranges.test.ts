import { expect, test } from 'vitest';
import { type ContainerId, deriveObjectId, type EnvironmentId } from '../shared/ids.ts';
import { type AddressRanges, createAddressPlan } from './addresses.ts';

const environmentId = deriveObjectId<EnvironmentId>('environment', 'ranges');
const idOf = (name: string) => deriveObjectId<ContainerId>('container', name);
const network = { number: 21, ipv6: false };
const joined = {
  subnet: '172.18.0.0/16',
  ipv6Subnet: null,
  addresses: [4, 3, 2].map((host) => ({ ipv4: `172.18.255.${host}`, ipv6: null })),
};

/** Plans pools of these sizes, one plan after another, and answers the first address of each function. */
const plansOf = (
  on: Parameters<typeof createAddressPlan>[1],
  ...plans: readonly Readonly<Record<string, number>>[]
) => {
  const ranges: AddressRanges = new Map();
  return plans.map((pools) => {
    const containers = Object.entries(pools).map(([name, maxPoolSize]) => ({ containerId: idOf(name), maxPoolSize }));
    const plan = createAddressPlan(environmentId, on, containers, ranges);
    return Object.fromEntries(Object.keys(pools).map((name) => [name, plan(idOf(name), 0).ipv4]));
  });
};

test('functions keep their addresses where other functions are added, removed and reordered', () => {
  expect(plansOf(network, { a: 1, b: 1 }, { c: 1, b: 1 }, { b: 1, a: 1 })).toEqual([
    { a: '10.21.1.1', b: '10.21.2.1' },
    { c: '10.21.3.1', b: '10.21.2.1' },
    { b: '10.21.2.1', a: '10.21.1.1' },
  ]);
});

test('a pool that outgrows its addresses gets others, which no function has had', () => {
  expect(plansOf(network, { a: 254, b: 1 }, { a: 255, b: 1 }, { b: 1, c: 1 })).toEqual([
    { a: '10.21.1.1', b: '10.21.2.1' },
    { a: '10.21.3.1', b: '10.21.2.1' },
    { b: '10.21.2.1', c: '10.21.5.1' },
  ]);
});

test('a function that does not fit into the addresses left needs a restart', () => {
  expect(plansOf({ ...network, joined }, { a: 1, b: 2 }, { b: 1 })[1]).toEqual({ b: '172.18.255.3' });
  expect(() => plansOf({ ...network, joined }, { a: 1, b: 2 }, { a: 1, c: 1 })).toThrow(
    '3 were set aside in its network at the start, and 4 are needed now. Restart the emulator',
  );
  expect(() => plansOf(network, { a: 254 * 200 }, { b: 254 * 100 })).toThrow('or restart the emulator');
});
