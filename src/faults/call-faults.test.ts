import { expect, it } from 'vitest';
import { sampleStack } from '../../test/support/sample-stack.ts';
import { startEmulator } from '../emulator/start-emulator.ts';
import type { Fault } from '../stack/model.ts';

const start = async (...faults: readonly Fault[]) => {
  const emulator = await startEmulator({ stack: sampleStack({ hello: { instances: 2 } }), runtime: 'simulated' });
  for (const fault of faults) emulator.faults.add(fault);
  return emulator;
};

it('an error meets a claim in this process, which is not made', async () => {
  await using emulator = await start({
    id: 'no',
    match: { operation: 'claim', times: 1 },
    effect: { type: 'error', code: '503.not-ready' },
  });
  await expect(emulator.claim('hello')).rejects.toMatchObject({
    code: 'ERR_FAULT_INJECTED',
    faultId: 'no',
    effect: { type: 'error', code: '503.not-ready' },
    message: expect.stringMatching(/^Failed to claim: fault "no" answers 503\.not-ready .+\. .+\.$/),
  });
  expect(emulator.function('hello').counts).toMatchObject({ claimed: 0 });
  expect(emulator.faults.list()).toMatchObject([{ fired: 1 }]);
  await emulator.claim('hello');
});

it.each([
  ['nothing done', { type: 'reset' }, 0],
  ['all done', { type: 'reset', when: 'after' }, 1],
  ['all done', { type: 'malformed' }, 1],
] as const)('a connection that breaks with %s meets a claim in this process: %j', async (_what, effect, claimed) => {
  await using emulator = await start({ match: { token: 'mine*' }, effect });
  await expect(emulator.claim('hello', { token: 'mine-too' })).rejects.toMatchObject({
    code: 'ERR_FAULT_INJECTED',
    effect,
  });
  expect(emulator.function('hello').counts).toMatchObject({ claimed });
});

it('a delay meets a claim in this process, on the clock, and ends with its caller', async () => {
  await using emulator = await start({ effect: { type: 'delay', ms: 60_000 }, match: { operation: 'claim' } });
  emulator.clock.freeze();
  const left = new AbortController();
  const [late, gone] = [emulator.claim('hello'), emulator.claim('hello', { signal: left.signal })];
  left.abort(new Error('enough'));
  await expect(gone).rejects.toThrow('enough');
  expect(emulator.function('hello').counts).toMatchObject({ claimed: 0 });
  await emulator.clock.advance(60_000);
  await late;
  expect(emulator.function('hello').counts).toMatchObject({ claimed: 1 });
});

it('faults meet spawn, release and invoke in this process, too', async () => {
  await using emulator = await start(
    { id: 'spawn', match: { operation: 'spawn', nth: 2 }, effect: { type: 'error', code: '500.unknown' } },
    { id: 'release', match: { operation: 'release', times: 1 }, effect: { type: 'reset', when: 'after' } },
  );
  const claim = await emulator.claim('hello');
  await claim.spawn();
  await expect(claim.release()).rejects.toMatchObject({ faultId: 'release' });
  expect(emulator.function('hello').counts).toMatchObject({ active: 0 });
  await expect(emulator.invoke('hello')).rejects.toMatchObject({ faultId: 'spawn' });
  expect(emulator.function('hello').counts).toMatchObject({ claimed: 0, active: 0 });
});
