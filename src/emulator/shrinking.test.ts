import { expect, test } from 'vitest';
import { parseSample } from '../../test/support/stack/sample.ts';
import { startEmulator } from './start-emulator.ts';

test('a pool that has grown shrinks by instances that were not used for their least time, and grows again', async () => {
  const stack = parseSample({
    '.config.scaling': { instances: { min_ttl: '1m' } },
    '.config.deploy.function': { max_pool_size: 3 },
  });
  await using emulator = await startEmulator({ stack, runtime: 'simulated' });
  emulator.clock.freeze();
  const gone: string[] = [];
  emulator.events.subscribe((event) => {
    if (event.name === 'container.instances.autoscale.down') gone.push(event.instanceId);
  });
  const grow = async () => await Promise.all([1, 2, 3].map(() => emulator.claim('job')));
  const size = () => emulator.function('job').counts.size;

  const claims = await grow();
  expect(size()).toBe(3);
  for (const claim of claims) await claim.release();
  await emulator.clock.advance(59_999);
  expect(size()).toBe(3);
  await emulator.clock.advance(1);
  expect([size(), gone.length]).toEqual([1, 2]);

  await grow();
  expect(size()).toBe(3);
});
