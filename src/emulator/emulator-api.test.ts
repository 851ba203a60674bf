import { describe, expect, it } from 'vitest';
import { SchedulerRejected, startEmulator } from '../index.ts';
import { sampleStack } from '../testing/sample-stack.ts';

/** What a user's test does with an emulator of its own, on both runtimes. */
describe.each(['simulated', 'docker'] as const)('an emulator in a test, on the %s runtime', (runtime) => {
  const start = (limits: Record<string, string | number> = {}) =>
    startEmulator({ stack: sampleStack({ hello: { limits } }), runtime });

  it('takes a claimed instance back when its lease has run out, in milliseconds', async () => {
    await using emulator = await start();
    const { instances } = emulator.function('hello');
    const begin = performance.now();
    await using claim = await emulator.claim('hello');
    expect(instances()).toMatchObject([{ id: claim.instanceId, state: 'claimed' }]);
    await emulator.clock.advance(10_000);
    expect(instances()).toMatchObject([{ id: claim.instanceId, state: 'available', leaseMs: null }]);
    expect(performance.now() - begin).toBeLessThan(1_000);
    await expect(claim.spawn()).rejects.toMatchObject({ rejection: { name: 'claim-expired' } });
  });

  it('has an overdue run stopped and its instance made anew when advancing is done', async () => {
    await using emulator = await start({ max_runtime: '10m' });
    const claim = await emulator.claim('hello');
    await claim.spawn();
    await emulator.clock.advance(600_000);
    expect(emulator.function('hello').counts).toMatchObject({ active: 0, preparing: 0, available: 1 });
    await expect(claim.spawn()).rejects.toBeInstanceOf(SchedulerRejected);
  });
});
