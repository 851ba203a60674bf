import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { createMovableClock } from '../../src/shared/clock.ts';
import { inTime, useBrowser } from '../support/browser.ts';
import { callerOf } from '../support/caller.ts';
import { openPage } from '../support/page.ts';
import { sampleStack } from '../support/sample-stack.ts';

const browser = useBrowser();

const start = (fields: object = {}) =>
  startEmulator({
    stack: sampleStack({ hello: { instances: 2, ...fields } }),
    runtime: 'simulated',
    clock: createMovableClock({ frozenAt: Date.parse('2026-01-01T12:00:00Z') }),
  });

/** Longer than the quarter of a second after which the page is rendered in any case. */
const manyFrames = `(async () => {
  for (let frame = 0; frame < 60; frame += 1) await new Promise(requestAnimationFrame);
})()`;

const picture = (page: Page): Promise<string> => page.locator('.lanes svg').evaluate((svg) => svg.outerHTML);

test('the timeline says in words what happened, and opens an instance by the keyboard alone', async () => {
  await using emulator = await start();
  await using visit = await openPage(browser, emulator, { view: 'timeline' });
  const { page } = visit;
  const lanes = page.getByRole('listbox', { name: 'Instances over time' });
  await lanes.getByRole('option', { name: 'hello-1: not used yet' }).waitFor();
  const caller = callerOf(emulator);
  const instanceId = await caller.claimed();
  await caller.spawn(instanceId, {}, 'another-token');
  await page.getByRole('row', { name: /12:00:00.*hello-1.*spawnInstance: 403.mismatch/ }).waitFor();
  await emulator.clock.advance(4_000);
  await lanes.getByRole('option', { name: 'hello-1: claimed for 4 s' }).waitFor();
  await emulator.clock.advance(6_000);
  await page.getByRole('row', { name: /12:00:10.*hello-1.*the lease ended without a spawn/ }).waitFor();
  await lanes.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  const panel = page.getByRole('complementary', { name: 'Instance' });
  await panel.getByRole('definition').filter({ hasText: instanceId }).waitFor();
  await panel.getByText('12:00:10.000 (after 10 s)').waitFor();
  await page.keyboard.press('Escape');
  await panel.waitFor({ state: 'detached' });
  await caller.release('no ID', 'a-token');
  await page.getByRole('row', { name: /12:00:10.*hello, no instance.*releaseInstance: / }).waitFor();
  await lanes.getByRole('option', { name: /^hello, no instance, last: releaseInstance: / }).waitFor();
  await expect.poll(() => lanes.evaluate((element) => element.matches(':focus')), inTime).toBe(true);
});

test('the timeline stands still with a frozen clock, and moves with it', async () => {
  await using emulator = await start();
  await callerOf(emulator).claimed();
  await using visit = await openPage(browser, emulator, { view: 'timeline' });
  const { page } = visit;
  await page.getByRole('option', { name: 'hello-1: claimed for 0 s' }).waitFor();
  const before = await picture(page);
  await page.evaluate(manyFrames);
  expect(await picture(page)).toBe(before);
  await emulator.clock.advance(1_000);
  await expect.poll(() => picture(page), inTime).not.toBe(before);
});

test('the timeline is zoomed by the wheel, dragged, and opens the lane that is clicked', async () => {
  await using emulator = await start();
  const instanceId = await callerOf(emulator).claimed();
  await using visit = await openPage(browser, emulator, { view: 'timeline' });
  const { page } = visit;
  await page.getByRole('option', { name: 'hello-1: claimed for 0 s' }).waitFor();
  const chart = page.locator('.lanes svg');
  await chart.hover({ position: { x: 200, y: 60 } });
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -200);
  await page.keyboard.up('Control');
  await page.getByText('30 s, the clock is frozen').waitFor();
  await page.mouse.down();
  await page.mouse.move(600, 300, { steps: 4 });
  await page.mouse.up();
  await page.getByText('30 s, the clock is frozen until 11:5').waitFor();
  expect(page.url()).not.toContain(instanceId);
  // Below the axis and the heading of the function.
  await chart.click({ position: { x: 200, y: 58 } });
  await page.getByRole('complementary', { name: 'Instance' }).getByText(instanceId).waitFor();
});
