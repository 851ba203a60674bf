import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { openConnection } from './connection.ts';
import { createSuiteClock, measureLateness } from './limits.ts';

test('a movable clock is moved by whole milliseconds, never by less than was asked for', async () => {
  const moves: number[] = [];
  const clock = createSuiteClock((ms) => Promise.resolve(void moves.push(ms)));
  const before = clock.now();
  await clock.pass(9_813.97);
  expect(moves).toEqual([9_814]);
  expect(clock.now() - before).toBeGreaterThanOrEqual(9_814);
});

/** Keeps this process from running, as a busy machine does, without being busy. */
const stall = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

test('how late this process is shows at once, and after its timers have run', async () => {
  using lateness = measureLateness();
  stall(300);
  expect(lateness.ms).toBeGreaterThan(200);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(lateness.ms).toBeGreaterThan(200);
});

test('what is asked for again is asked for longer where this process is late meanwhile', async () => {
  const asking = (lateAtMs: number) => {
    let [lateMs, looks] = [0, 0];
    const clock = createSuiteClock(undefined, () => lateMs);
    const isSixth = (): boolean => {
      looks += 1;
      if (looks === 1) lateMs = lateAtMs;
      return looks === 6;
    };
    return clock.until(isSixth, 1);
  };
  expect(await asking(0)).toBe(false);
  expect(await asking(60_000)).toBe(true);
});

test('a look that takes as long as all of the time is not taken again', async () => {
  let looks = 0;
  const looking = createSuiteClock().until(async () => {
    looks += 1;
    await new Promise((resolve) => setTimeout(resolve, 60));
    return false;
  }, 50);
  expect(await looking).toBe(false);
  expect(looks).toBe(1);
});

test('a pause for the target is longer by as much as this process is late meanwhile', async () => {
  using lateness = measureLateness();
  const clock = createSuiteClock(undefined, () => lateness.ms);
  const begunAt = performance.now();
  const pausing = clock.pause(200);
  stall(300);
  await pausing;
  expect(performance.now() - begunAt).toBeGreaterThan(400);
});

test('a pause that outlives its run ends', async () => {
  const lateness = measureLateness();
  const pausing = createSuiteClock(undefined, () => lateness.ms).pause(100);
  lateness[Symbol.dispose]();
  await pausing;
  const { ms } = lateness;
  stall(100);
  expect(lateness.ms).toBe(ms);
});

test('an answer that this process was too late to see is no lack of one', async () => {
  using lateness = measureLateness();
  const server = createServer((_request, response) => response.end('{}'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const address = { address: '127.0.0.1', family: 4 };
  const connection = openConnection({ url, address, timeoutMs: 150, lateMs: () => lateness.ms });
  const asking = connection.send({ method: 'GET', path: '/', headers: {}, body: null });
  setImmediate(() => stall(400));
  expect(await asking).toMatchObject({ response: { status: 200 } });
  connection.close();
  server.close();
});
