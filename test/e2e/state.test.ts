import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { StateFile } from '../../src/engine/state-file.ts';
import { startCli } from '../support/cli-process.ts';
import { sampleStack } from '../support/sample-stack.ts';
import { lengthenLeases } from '../support/state-home.ts';

const folder = mkdtempSync(join(tmpdir(), 'cycle-state-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const newState = (): string => {
  files += 1;
  return join(folder, `${files}.db`);
};

const stack = sampleStack({ idle: { instances: 2 } });
const start = (state?: string) =>
  startEmulator({ stack, runtime: 'simulated', ...(state === undefined ? {} : { state }) });

test('an emulator that was stopped goes on with the claims that wait to be spawned', async () => {
  const state = newState();
  const first = await start(state);
  const claim = await first.claim('idle', { token: 'a-token' });
  await (await first.claim('idle')).spawn();
  await first.stop();
  await using second = await start(state);
  expect(second.session).toBe(first.session);
  expect(second.state).toEqual({ path: state, claims: 1, runs: 0 });
  const [held] = second.function('idle').instances();
  expect(held).toMatchObject({ id: claim.instanceId, state: 'claimed' });
});

test('a claim keeps the rest of its lease over a restart, with any jump of the clock', async () => {
  const state = newState();
  const first = await start(state);
  await first.claim('idle');
  await first.clock.advance(6_000);
  const shown = first.clock.now();
  await first.stop();
  await using second = await start(state);
  expect(second.clock.now()).toBeGreaterThanOrEqual(shown);
  expect(second.function('idle').instances()[0]?.leaseMs).toBeLessThanOrEqual(4_000);
  await second.clock.advance(4_000);
  expect(second.function('idle').counts).toMatchObject({ claimed: 0, available: 2 });
});

test('a clock that is moved stays moved, though the state file cannot be written', async () => {
  const write = vi.spyOn(StateFile.prototype, 'write');
  onTestFinished(() => write.mockRestore());
  await using emulator = await start(newState());
  write.mockImplementation(() => {
    throw new Error('the disk is full');
  });
  const before = emulator.clock.now();
  await emulator.clock.advance(60_000);
  expect(emulator.clock.now()).toBeGreaterThanOrEqual(before + 60_000);
  emulator.clock.freeze();
  emulator.clock.resume();
  write.mockReset();
  await emulator.reset();
  expect(write).toHaveBeenCalledWith([], expect.any(Number));
});

test('claims are forgotten by a reset, and by a start without the state file', async () => {
  const state = newState();
  const first = await start(state);
  await first.claim('idle');
  await first.reset();
  await first.claim('idle');
  await first.reset();
  await first.stop();
  await using second = await start(state);
  expect(second.state).toMatchObject({ claims: 0, runs: 0 });
  await using third = await start();
  expect(third.state).toBeNull();
});

test('a start prints the path of its state file, and how many claims it goes on with', async () => {
  const state = newState();
  const first = await startEmulator({ stack: 'fixtures/hello.yaml', runtime: 'simulated', state });
  await first.claim('hello');
  await first.stop();
  lengthenLeases(state);
  const args = ['start', 'fixtures/hello.yaml', '--runtime', 'simulated', '--port', '0'];
  using cli = startCli(args, { CYCLE_SCHEDULER_STATE: state });
  expect(await cli.line(/^State /)).toMatch(/ \(1 claim holds, 0 functions still run\)$/);
  cli.child.kill('SIGINT');
  expect((await cli.ended).code).toBe(0);
});
