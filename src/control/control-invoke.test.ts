import { expect, it } from 'vitest';
import { accessKey, sampleStack } from '../../test/support/sample-stack.ts';
import { type Emulator, startEmulator } from '../emulator/start-emulator.ts';

const start = (limits: Record<string, string | number> = {}) =>
  startEmulator({ stack: sampleStack({ hello: { limits } }), runtime: 'simulated' });

const invoke = async (emulator: Emulator, name: string, body: object = {}, signal?: AbortSignal) => {
  const response = await fetch(`${emulator.controlUrl}/_emulator/functions/${name}/invoke`, {
    method: 'POST',
    headers: { 'X-CYCLE-ACCESS-KEY': accessKey, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
  return {
    status: response.status,
    ...((await response.json()) as { data: unknown; error?: Record<string, unknown> }),
  };
};

it.each(['name', 'id'] as const)('a function is invoked by its %s, and its end is the answer', async (by) => {
  await using emulator = await start();
  emulator.faults.add({ effect: { type: 'exitAfter', code: 7 } });
  const running = emulator.events.waitFor(({ name }) => name === 'instance.running');
  const answer = await invoke(emulator, emulator.function('hello')[by], { env: { NAME: 'Ada' }, token: 'my-token' });
  const { instanceId } = (await running) as { instanceId: string };
  const ms = expect.any(Number);
  expect(answer).toEqual({
    status: 200,
    data: {
      instance_id: instanceId,
      exit_code: 7,
      out_of_memory: false,
      logs: { text: '', stdout: '', stderr: '', missing_bytes: 0 },
      durations_ms: { claim: ms, spawn: ms, run: ms },
    },
  });
});

it('a caller that hangs up ends the run', async () => {
  await using emulator = await start();
  const running = emulator.events.waitFor(({ name }) => name === 'instance.running');
  const left = new AbortController();
  const asked = invoke(emulator, 'hello', {}, left.signal).catch(() => 'gone');
  await running;
  const ended = emulator.events.waitFor(({ name }) => name === 'instance.ended');
  left.abort();
  expect(await asked).toBe('gone');
  await ended;
});

it('what the scheduler refuses is answered as the scheduler does', async () => {
  await using emulator = await start({ max_queue_time: '0' });
  await emulator.claim('hello');
  expect(await invoke(emulator, 'hello')).toMatchObject({ status: 504, error: { code: '504.not-available' } });
});

it.each([
  [{ type: 'error', code: '429.rate-limiting' }, 429, '429.rate-limiting'],
  [{ type: 'error', code: '503.not-ready', status: 502 }, 502, '503.not-ready'],
  [{ type: 'reset' }, 500, '500.unknown'],
] as const)('a fault %j on its requests is answered with its name', async (effect, status, code) => {
  await using emulator = await start();
  emulator.faults.add({ id: 'broken', match: { operation: 'claim' }, effect });
  expect(await invoke(emulator, 'hello')).toMatchObject({
    status,
    error: { code, detail: expect.stringContaining('fault "broken"') },
  });
});

it('a port that its process does not live to open is an error with the exit code', async () => {
  await using emulator = await start();
  emulator.faults.add({ effect: { type: 'exitAfter', code: 3 } });
  expect(await invoke(emulator, 'hello', { port: 1 })).toMatchObject({
    status: 500,
    error: { code: '500.unknown', detail: expect.stringContaining('ended with code 3 before port 1') },
  });
});

it.each([
  ['helo', {}, 404, '404.container', 'the stack has only hello'],
  ['hello', { env: { 'A=B': '1' } }, 422, '422.invalid-argument', 'contains "="'],
  ['hello', { env: { NAME: 7 } }, 422, '422.invalid-argument', '/env/NAME must be string'],
  ['hello', { token: 'x' }, 422, '422.invalid-argument', 'at least 5 characters'],
  ['hello', { port: 0 }, 422, '422.invalid-argument', '/port must be >= 1'],
  ['hello', { enf: {} }, 422, '422.invalid-argument', '/enf'],
] as const)('%s with %j is refused: %i %s', async (name, body, status, code, words) => {
  await using emulator = await start();
  expect(await invoke(emulator, name, body)).toMatchObject({
    status,
    error: { code, detail: expect.stringContaining(words) },
  });
});
