import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../src/emulator/start-emulator.ts';
import { createMovableClock } from '../../src/shared/clock.ts';
import { inTime, useBrowser } from '../support/browser.ts';
import { callerOf } from '../support/caller.ts';
import { openPage } from '../support/page.ts';
import { sampleStack } from '../support/sample-stack.ts';

const browser = useBrowser();

const start = (options: Partial<EmulatorOptions> = {}): Promise<Emulator> =>
  startEmulator({ stack: sampleStack({ hello: { instances: 2 }, other: {} }), runtime: 'simulated', ...options });

const requestsOf = (page: Page) => page.locator('main .request');

test('filters of requests are in the address, and stand after a reload', async () => {
  await using emulator = await start();
  const hello = callerOf(emulator, 'hello');
  await hello.release(await hello.claimed());
  await hello.release('65a000000000000000000000');
  await callerOf(emulator, 'other').claimed();
  await using visit = await openPage(browser, emulator, { view: 'requests' });
  const { page } = visit;
  await expect.poll(() => requestsOf(page).count(), inTime).toBe(4);
  await page.getByLabel('Function').selectOption('hello');
  await expect.poll(() => requestsOf(page).count(), inTime).toBe(3);
  await page.getByLabel('Status').selectOption('4xx');
  await expect.poll(() => requestsOf(page).count(), inTime).toBe(1);
  expect(page.url()).toMatch(/#\/requests\?function=hello&status=4xx$/);
  await page.reload();
  await expect.poll(() => requestsOf(page).allInnerTexts(), inTime).toEqual([expect.stringContaining('404')]);
});

test('a request shows its bodies without the token, its line for curl without the key, and is sent again', async () => {
  await using emulator = await start();
  const caller = callerOf(emulator, 'hello');
  const instanceId = await caller.claimed('a-secret-token');
  await caller.spawn(instanceId, { GREETING: 'good morning' }, 'a-secret-token');
  const permissions = ['clipboard-read', 'clipboard-write'];
  await using visit = await openPage(browser, emulator, { view: 'requests', permissions });
  const { page } = visit;
  await requestsOf(page).filter({ hasText: 'spawn' }).click();
  const detail = page.getByRole('heading', { name: 'spawn' }).locator('xpath=ancestor::section');
  await detail.getByLabel('Request', { exact: true }).filter({ hasText: 'good morning' }).waitFor();
  await detail.getByLabel('Answer', { exact: true }).filter({ hasText: instanceId }).waitFor();

  await detail.getByRole('button', { name: 'Copy' }).first().click();
  const line = await page.evaluate('navigator.clipboard.readText()');
  expect(line).toMatch(/^curl .*"X-CYCLE-ACCESS-KEY: \$CYCLE_ACCESS_KEY".*good morning/s);
  expect((await page.content()) + line).not.toContain(emulator.accessKey);
  expect((await page.content()) + line).not.toContain('a-secret-token');

  await detail.getByRole('button', { name: 'Send again' }).click();
  await detail.getByText('Spawned with the same variables').waitFor();
  await expect.poll(() => emulator.function('hello').counts, inTime).toMatchObject({ active: 2 });
});

test('events are filtered by the address, and counted while they are paused', async () => {
  await using emulator = await start({ clock: createMovableClock({ frozenAt: Date.parse('2026-01-01T12:00:00Z') }) });
  const caller = callerOf(emulator);
  await caller.claimed();
  await using visit = await openPage(browser, emulator, { view: 'events?name=claimed&on=hello-2' });
  const { page } = visit;
  await page.getByText('No event fits the filter.').waitFor();
  await caller.claimed();
  const events = page.getByRole('group', { name: 'Events' }).getByRole('button');
  await expect
    .poll(() => events.allInnerTexts(), inTime)
    .toEqual([expect.stringMatching(/instance\.claimed.*hello-2/s)]);
  await page.getByLabel('Instance', { exact: true }).fill('');
  await expect.poll(() => events.count(), inTime).toBe(2);
  expect(new URL(page.url()).hash).toBe('#/events?name=claimed');
  await page.getByRole('button', { name: 'Pause' }).click();
  await emulator.clock.advance(10_000);
  const more = page.getByRole('button', { name: '4 more' });
  await more.waitFor();
  await page.getByLabel('Name').fill('');
  await expect.poll(() => page.getByText('claim-expired').count(), inTime).toBe(0);
  await more.click();
  await expect.poll(() => page.getByText('instance.claim-expired').count(), inTime).toBe(2);
});
