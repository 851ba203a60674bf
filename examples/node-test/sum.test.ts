import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setUpEmulator } from 'cycle-scheduler/node-test';

const emulator = setUpEmulator({ stack: 'stack.yaml' });

test('adds numbers up', async () => {
  const { exitCode, logs } = await emulator().invoke('sum', { env: { NUMBERS: '1 2 3' } });
  assert.equal(logs.text, 'sum 6\n');
  assert.equal(exitCode, 0);
});

test('is taken back when a claim is not used for ten seconds', async () => {
  const sum = emulator().function('sum');
  await emulator().claim('sum');
  assert.equal(sum.counts.claimed, 1);
  await emulator().clock.advance(10_000);
  assert.equal(sum.counts.claimed, 0);
});
