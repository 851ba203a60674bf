import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { callerOf } from '../../test/support/caller.ts';
import { createRecordingLogger } from '../../test/support/http/recording-logger.ts';
import { accessKey, sampleStack } from '../../test/support/sample-stack.ts';
import { startEmulator } from '../emulator/start-emulator.ts';
import type { Recording } from './recorder.ts';

const start = async (options: object) => {
  const log = createRecordingLogger();
  const stack = sampleStack({ hello: { instances: 5 } });
  const emulator = await startEmulator({ stack, runtime: 'simulated', logger: log.logger, ...options });
  const caller = callerOf(emulator);
  const read = async (method = 'GET') => {
    const headers = { 'X-CYCLE-ACCESS-KEY': accessKey };
    const answer = await fetch(`${emulator.controlUrl}/_emulator/recording`, { method, headers });
    return ((await answer.json()) as { data: Recording }).data;
  };
  const isFull = () => log.lines.some(({ msg }) => String(msg).includes('recording is full'));
  return { emulator, caller, read, isFull, [Symbol.asyncDispose]: () => emulator.stop() };
};

it('a recorder keeps bytes up to its limit, then nothing more, and says so once', async () => {
  await using started = await start({ recordingLimitBytes: 20_000 });
  const { caller, read, isFull } = started;
  await caller.claim('first');
  expect(isFull()).toBe(false);
  await caller.claim('x'.repeat(30_000));
  await caller.claim('third');
  const full = await read();
  expect(full).toMatchObject({ version: 1, complete: false });
  expect(full.exchanges).toHaveLength(1);
  expect(isFull()).toBe(true);
  expect(await read('DELETE')).toEqual({ version: 1, complete: true, exchanges: [], linked: [] });
  await caller.claim('fourth');
  expect(await read()).toMatchObject({ complete: true, exchanges: [{ operation: 'claimInstance' }] });
});

it('a recording is full of many small exchanges, too', async () => {
  await using started = await start({ recordingLimitBytes: 2_000 });
  for (let asked = 0; asked < 20; asked += 1) await started.caller.active();
  const { complete, exchanges } = await started.read();
  expect(complete).toBe(false);
  expect(exchanges.length).toBeLessThan(20);
});

it('a recorder keeps nothing where no caller can ask for it', async () => {
  await using started = await start({ recordingLimitBytes: 1, control: false });
  await started.caller.claim('first');
  expect(started.isFull()).toBe(false);
});

it('a recorder does not wait for a reader that leaves in the middle, nor keeps the process alive for it', async () => {
  await using started = await start({});
  const instanceId = await started.caller.claimed('first');
  const env = { LARGE: 'x'.repeat(900_000) };
  for (let sent = 0; sent < 5; sent += 1) await started.caller.spawn(instanceId, env, 'another');
  const left = new AbortController();
  const headers = { 'X-CYCLE-ACCESS-KEY': accessKey };
  const { body } = await fetch(`${started.emulator.controlUrl}/_emulator/recording`, { headers, signal: left.signal });
  await body?.getReader().read();
  left.abort();
  await pause(0);
  expect((await started.read()).exchanges).toHaveLength(6);
});

it('a recorder reads a body as the scheduler does: a byte order mark is not part of it', async () => {
  await using started = await start({});
  const { url, stack } = started.emulator;
  const answer = await fetch(`${url}/v1/functions/${stack.functions[0]?.containerId}/claim`, {
    method: 'POST',
    headers: { 'X-CYCLE-ACCESS-KEY': accessKey, 'Content-Type': 'application/json' },
    body: '\ufeff{ "token": "first" }',
  });
  expect(answer.status).toBe(200);
  expect((await started.read()).exchanges).toMatchObject([{ request: { token: '<token-1>' } }]);
});
