import { createEmulatorTest } from 'cycle-scheduler/vitest';
import { expect } from 'vitest';
import { NoCapacity, startJob } from './start-job.ts';

const test = createEmulatorTest({ stack: 'stack.yaml' });

test('starts a job with its input', async ({ emulator }) => {
  const ended = emulator.events.waitFor(({ name }) => name === 'instance.ended');
  const instanceId = await startJob(emulator, emulator.function('sum').id, { NUMBERS: '1 2 3' });
  expect(await ended).toMatchObject({ instanceId, exit: { code: 0 } });
  expect(emulator.logs(instanceId).text).toBe('sum 6\n');
});

test('says that there is no capacity', async ({ emulator }) => {
  emulator.faults.add({ match: { operation: 'claim' }, effect: { type: 'error', code: '504.not-available' } });
  await expect(startJob(emulator, emulator.function('sum').id, {})).rejects.toThrow(NoCapacity);
});

test('loses a claim that it does not use for ten seconds', async ({ emulator }) => {
  const claim = await emulator.claim('sum');
  expect(emulator.function('sum').counts.claimed).toBe(1);
  await emulator.clock.advance(10_000);
  expect(emulator.function('sum').counts).toMatchObject({ claimed: 0, available: 2 });
  await expect(claim.spawn()).rejects.toThrow('expired');
});
