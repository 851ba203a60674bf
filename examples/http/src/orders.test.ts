import { createEmulatorTest } from 'cycle-scheduler/vitest';
import { expect } from 'vitest';
import { followOrder, readOrder, type Shop } from './orders.ts';

const test = createEmulatorTest({ stack: 'stack.yaml' }).extend<{ shop: Shop }>({
  shop: async ({ emulator }, use) => await use((path) => emulator.fetch('shop.test', path)),
});

test('each request has an instance of its own', async ({ emulator, shop }) => {
  const orders = await Promise.all(['1', '2', '3'].map((id) => readOrder(shop, id)));
  expect(orders.map(({ id }) => id)).toEqual(['1', '2', '3']);
  expect(new Set(orders.map(({ instance }) => instance)).size).toBe(3);
  // The stack has two instances; the third was made for its request.
  expect(emulator.function('orders').counts).toMatchObject({ size: 3 });
});

test('events come as they happen, and end the run with their reader', async ({ emulator, shop }) => {
  const ended = emulator.events.waitFor(({ name }) => name === 'instance.ended');
  for await (const step of followOrder(shop, '7')) {
    expect(step).toBe('packed');
    expect(emulator.function('orders').counts.active).toBe(1);
    break;
  }
  await ended;
  expect(await Array.fromAsync(followOrder(shop, '7'))).toEqual(['packed', 'sent', 'delivered']);
});

test('a function that cannot be reached is asked once more', async ({ emulator, shop }) => {
  const match = { operation: 'reach', times: 1 } as const;
  emulator.faults.add({ match, effect: { type: 'error', code: '504.not-available' } });
  expect(await readOrder(shop, '7')).toMatchObject({ id: '7' });
});

test('events that break off are no end', async ({ emulator, shop }) => {
  emulator.faults.add({ effect: { type: 'breakOff', bytes: 20 } });
  await expect(Array.fromAsync(followOrder(shop, '7'))).rejects.toThrow();
});

test('only the paths of orders are the function’s', async ({ shop }) => {
  const response = await shop('/cart');
  expect([response.status, await response.text()]).toEqual([404, expect.stringContaining('router_nomatch')]);
});
