import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { createMovableClock, latestTime } from '../../src/shared/clock.ts';
import { callerOf } from '../support/caller.ts';
import { accessKey, sampleStack } from '../support/sample-stack.ts';

const folder = mkdtempSync(join(tmpdir(), 'cycle-times-'));
afterAll(() => rmSync(folder, { recursive: true }));

const stack = sampleStack({ hello: {} });
const start = (state: string) => startEmulator({ stack, runtime: 'simulated', state: join(folder, state) });

it('a clock moves on by whole milliseconds alone, and goes on after a refusal', async () => {
  await using emulator = await start('parts.db');
  for (const ms of [0.5, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e300, '5' as unknown as number]) {
    await expect(emulator.clock.advance(ms)).rejects.toMatchObject({
      code: 'ERR_BAD_OPTION',
      message: expect.stringMatching(/^Failed to advance the clock by .+: .+\. .+\.$/),
    });
  }
  const caller = callerOf(emulator);
  expect((await caller.claim()).status).toBe(200);
});

it('a clock moves to the end of the year 9998 and no further, and serves there, over a restart, too', async () => {
  await (async () => {
    await using emulator = await start('end.db');
    emulator.clock.freeze();
    await emulator.clock.advance(latestTime - emulator.clock.now());
    await expect(emulator.clock.advance(1)).rejects.toThrow(/9998-12-31T23:59:59\.999Z/);
    emulator.clock.resume();
  })();
  await using emulator = await start('end.db');
  const caller = callerOf(emulator);
  const headers = { 'X-CYCLE-ACCESS-KEY': accessKey };
  for (const [method, path] of [
    ['GET', 'state'],
    ['GET', 'clock'],
    ['POST', 'reset'],
  ] as const) {
    const { status } = await fetch(`${emulator.controlUrl}/_emulator/${path}`, { method, headers });
    expect(status).toBe(200);
  }
  const instanceId = await caller.claimed();
  expect((await caller.spawn(instanceId)).status).toBe(200);
  expect((await caller.active()).status).toBe(200);
  expect(await caller.release(instanceId)).toMatchObject({
    status: 200,
    data: { claimed: expect.stringMatching(/^9999-/) },
  });
});

it.each([
  { frozenAt: 0.5 },
  { frozenAt: -1 },
  { frozenAt: latestTime + 366 * 86_400_000 },
  { aheadMs: 0.5 },
  { aheadMs: latestTime },
])('a clock does not begin at %j', (options) => {
  expect(() => createMovableClock(options)).toThrow(/^Failed to make a clock that shows /);
});
