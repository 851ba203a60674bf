import type { Route } from 'playwright-core';
import { expect, test } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { createMovableClock } from '../../src/shared/clock.ts';
import { inTime, useBrowser } from '../support/browser.ts';
import { callerOf } from '../support/caller.ts';
import { startChildEmulator } from '../support/child-emulator.ts';
import { longestTaskMs } from '../support/longest-task.ts';
import { openPage } from '../support/page.ts';
import { accessKey, type SampleFunction, sampleStack } from '../support/sample-stack.ts';
import { unassignedPort } from '../support/unassigned-port.ts';

const browser = useBrowser();

const start = (hello: SampleFunction) => {
  const clock = createMovableClock({ frozenAt: Date.parse('2026-01-01T12:00:00Z') });
  return startEmulator({ stack: sampleStack({ hello }), runtime: 'simulated', clock });
};

test('the ring of a claim runs down with the clock, and at its end the instance is free', async () => {
  await using emulator = await start({ limits: { max_queue_time: '700ms' } });
  await using visit = await openPage(browser, emulator);
  const { page } = visit;
  const cell = page.getByRole('group', { name: 'Instances of hello' }).getByRole('button');
  const overOf = async (): Promise<number> =>
    Number(/--over: ([\d.]+)/.exec((await cell.getAttribute('style')) ?? '')?.[1]);
  await callerOf(emulator).claimed();
  await page.getByRole('button', { name: /claimed, 10 s left/ }).waitFor();
  await page.getByText('waits 700 ms at most').waitFor();
  expect(await overOf()).toBe(0);
  await page.getByRole('button', { name: '+1 s' }).click();
  await page.getByRole('button', { name: /claimed, 9 s left/ }).waitFor();
  expect(await overOf()).toBeCloseTo(0.1);
  // Moved by another than the page.
  await emulator.clock.advance(8_000);
  await page.getByRole('button', { name: /claimed, 1 s left/ }).waitFor();
  expect(await overOf()).toBeCloseTo(0.9);
  await page.getByRole('button', { name: 'To next deadline' }).click();
  await page.getByRole('button', { name: /free/ }).waitFor();
  expect(emulator.clock.now()).toBe(Date.parse('2026-01-01T12:00:10Z'));
});

test('100 claims at once appear, and those that wait in line with the time they have left', async () => {
  await using emulator = await start({ instances: 98, limits: { max_queue_time: '30s' } });
  await using visit = await openPage(browser, emulator);
  const { page } = visit;
  const caller = callerOf(emulator);
  const hangUp = new AbortController();
  const claims = Promise.allSettled(
    Array.from({ length: 100 }, (_, index) => caller.claim(`token ${index}`, hangUp.signal)),
  );
  await page.getByText('98 claimed', { exact: true }).waitFor();
  expect(await page.locator('.cells .cell.claimed').count()).toBe(98);
  const waiters = page.getByRole('list', { name: 'Waiting line' }).getByRole('listitem');
  await expect
    .poll(() => waiters.allTextContents().then((texts) => texts.map((text) => text.trim())), inTime)
    .toEqual(['30 s', '30 s']);
  hangUp.abort();
  await waiters.first().waitFor({ state: 'detached' });
  await claims;
});

test('instances that are added appear on the page within seconds, also where it took long to load', async () => {
  await using emulator = await start({ instances: 1, limits: { max_pool_size: 3 } });
  await using visit = await openPage(browser, emulator);
  const { page } = visit;
  const loads: string[] = [];
  const late = async (route: Route): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    loads.push(route.request().url());
    await route.fallback();
  };
  await page.route('**/_emulator/state', late, { times: 1 });
  await page.reload();
  await expect.poll(() => loads.length, inTime).toBe(1);
  await page.getByText('1 free', { exact: true }).waitFor();
  for (let claims = 0; claims < 3; claims += 1) await callerOf(emulator).claimed();
  await page.getByText('3 claimed', { exact: true }).waitFor();
});

test('the page says that its emulator was killed, keeps what it showed, and goes on with the next one', async () => {
  const own = ['--runtime', 'simulated', '--port', String(unassignedPort())];
  using first = await startChildEmulator({ hello: { instances: 3 } }, ...own);
  // The leases wait for the browser, however busy the machine is.
  await fetch(`${first.url}/_emulator/clock/freeze`, { method: 'POST', headers: { 'X-CYCLE-ACCESS-KEY': accessKey } });
  for (let claims = 0; claims < 2; claims += 1) await first.caller('hello').claimed();
  // The next emulator may have had fewer events than the page has seen.
  const mayLog = /ERR_(?:CONNECTION|INCOMPLETE|EMPTY|SOCKET)|status of 422/;
  await using visit = await openPage(browser, { url: first.url, accessKey }, { mayLog });
  const { page } = visit;
  const claimed = page.locator('.cells .cell.claimed');
  await expect.poll(() => claimed.count(), inTime).toBe(2);
  await visit.show('requests');
  const requests = page.locator('main .request');
  await expect.poll(() => requests.count(), inTime).toBe(2);
  first.cli.child.kill('SIGKILL');
  await page.getByRole('status').filter({ hasText: 'The emulator is gone' }).waitFor();
  expect(await requests.count()).toBe(2);
  await visit.show('functions');
  expect(await claimed.count()).toBe(2);

  using second = await startChildEmulator({ hello: { instances: 4 } }, ...own);
  await page.getByText('4 free', { exact: true }).waitFor();
  await page
    .getByRole('status')
    .filter({ hasText: `session ${second.session}` })
    .waitFor();
  expect(await page.getByText('The emulator is gone').count()).toBe(0);
  await second.caller('hello').claimed();
  await visit.show('requests');
  await expect.poll(() => requests.count(), inTime).toBe(1);
});

test('the page says that an emulator is gone which answers no more, and goes on when it does', async () => {
  using emulator = await startChildEmulator({ hello: {} }, '--runtime', 'simulated');
  await using visit = await openPage(browser, { url: emulator.url, accessKey });
  const { page } = visit;
  await page.getByText('1 free', { exact: true }).waitFor();
  // Of the ten seconds that an answer may take, two are enough here.
  await page.evaluate(
    '{ const { timeout } = AbortSignal; AbortSignal.timeout = (ms) => timeout.call(AbortSignal, ms / 5); }',
  );
  emulator.cli.child.kill('SIGSTOP');
  const gone = page.getByText('The emulator is gone');
  await gone.waitFor();
  emulator.cli.child.kill('SIGCONT');
  await gone.waitFor({ state: 'detached' });
  await page.getByText('1 free', { exact: true }).waitFor();
});

test('1,000 instances with 50 events a second give no task of 100 ms', async () => {
  await using emulator = await start({ instances: 1_000 });
  emulator.clock.resume();
  await using visit = await openPage(browser, emulator);
  await visit.page.getByText('1000 free', { exact: true }).waitFor();
  const longest = await longestTaskMs(visit.page, async () => {
    // Two events each: claimed and free again.
    for (let round = 0; round < 100; round += 1) {
      const tick = new Promise((resolve) => setTimeout(resolve, 40));
      await (await emulator.claim('hello')).release();
      await tick;
    }
  });
  expect(longest).toBeGreaterThan(0);
  expect(longest).toBeLessThan(100);
});
