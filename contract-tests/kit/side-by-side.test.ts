import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { startSimulatedTarget } from '../../test/support/simulated-target.ts';
import { allCases } from '../suites/all.ts';
import { runContract } from '../suites/index.ts';
import { schedule } from './schedule.ts';

test('with four instances all leases are waited for in two groups', () => {
  const groups = [...schedule(allCases, false, () => 4)].map((group) => group.flat().map(({ one }) => one));
  const waiting = groups.filter((group) => group.some(({ waits }) => waits !== undefined));
  // The last ones look at what the others have let run out and released, and wait for nothing.
  expect(waiting.map((group) => group.map(({ id }) => id))).toEqual([
    ['TURN-001', 'LEASE-005', 'LEASE-007'],
    ['LEASE-001', 'LEASE-002', 'LEASE-008'],
    ['POOL-004'],
    ['TIME-001'],
  ]);
  expect(groups.at(-1)?.map(({ id }) => id)).toEqual(['RUN-001']);
});

test('with four instances of each of two functions all leases are waited for at the same time', () => {
  const four = (): number => 4;
  const groups = [...schedule(allCases, false, four, four)].map((group) => group.flat());
  const waiting = groups.filter((group) => group.some(({ one }) => Number.isFinite(one.waits?.instances)));
  expect(waiting.map((group) => group.map(({ one, elsewhere = false }) => [one.id, elsewhere]))).toEqual([
    [
      ['TURN-001', false],
      ['LEASE-005', false],
      ['LEASE-007', false],
      ['LEASE-001', true],
      ['LEASE-002', true],
      ['LEASE-008', true],
    ],
  ]);
});

test.concurrent('cases that wait in real time beside one another judge nothing but their own claims', async () => {
  await using target = await startSimulatedTarget();
  const { advanceClock: _notMoved, ...options } = target.options;
  const only = ['POOL-001', 'POOL-004', 'TURN-001', 'LEASE', 'TIME-001', 'LINE-004', 'NETWORK-002'];
  const { message, cases, answers, durationMs, untried } = await runContract({ ...options, only, strict: true });
  expect(
    cases.filter(({ outcome }) => outcome !== 'pass'),
    message,
  ).toEqual([]);
  expect(cases).toHaveLength(11);
  expect(untried).toEqual([]);
  expect(answers['spawn-after-expiry']).toEqual({ status: 403, code: '403.invalid-state' });
  // Two leases with their margins, and the wait of the claim that counts the instances.
  expect(durationMs).toBeLessThan(32_000);
}, 60_000);

test.concurrent('a case that finds too few instances until claims of another case have run out is run again', async () => {
  const fixtures = new URL('../../fixtures/', import.meta.url);
  const stack = parse(readFileSync(new URL('hello.yaml', fixtures), 'utf8'));
  Object.assign(Object.values<{ config: { deploy: object } }>(stack.containers)[0]?.config.deploy ?? {}, {
    instances: 3,
    function: { max_pool_size: 3, max_queue_time: '1s' },
  });
  await using emulator = await startEmulator({ stack, root: fixtures.pathname, runtime: 'simulated' });
  const { cases } = await runContract({
    url: emulator.url,
    accessKey: emulator.accessKey,
    containers: emulator.stack.functions.map(({ containerId }) => containerId),
    only: ['CLAIM-002', 'CLAIM-010'],
    ledgerFolder: false,
  });
  expect(cases.map(({ id, outcome, message }) => [id, outcome, message])).toEqual([
    ['CLAIM-010', 'pass', ''],
    ['CLAIM-002', 'pass', ''],
  ]);
}, 30_000);
