import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { createMovableClock } from '../../src/shared/clock.ts';
import { inTime, useBrowser } from '../support/browser.ts';
import { openPage } from '../support/page.ts';
import { sampleStack } from '../support/sample-stack.ts';

const browser = useBrowser();

/** Leases wait for the browser, however busy the machine is. */
const start = (): Promise<Emulator> =>
  startEmulator({
    stack: sampleStack({ hello: { instances: 2 }, other: {} }),
    runtime: 'simulated',
    clock: createMovableClock({ frozenAt: Date.now() }),
  });

const faultsOf = (page: Page) => page.locator('main tbody tr');

test('the keyboard alone claims and spawns an instance in Try, and opens it', async () => {
  await using emulator = await start();
  await using visit = await openPage(browser, emulator);
  const { page } = visit;
  /** As often as it takes to come to what is named, and no further than once around. */
  const tabTo = async (name: string): Promise<void> => {
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press('Tab');
      const focused = page.locator(':focus');
      if ((await focused.count()) === 0) continue;
      const label = (await focused.getAttribute('aria-label')) ?? (await focused.innerText());
      if (label.trim().startsWith(name)) return;
    }
    throw new Error(`Tab never comes to ${name}`);
  };
  await tabTo('Try');
  await page.keyboard.press('Enter');
  await page.locator('main.try').waitFor();
  await tabTo('Claim');
  await page.keyboard.press('Enter');
  await page.getByLabel('Answer').filter({ hasText: 'instance_id' }).waitFor();
  await tabTo('Spawn');
  await page.keyboard.press('Space');
  await page.getByText('instance.running').waitFor();
  expect(emulator.function('hello').counts).toMatchObject({ active: 1 });
  await tabTo('Functions');
  await page.keyboard.press('Enter');
  await page.locator('main.functions').waitFor();
  await tabTo('hello-1');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await page.getByRole('complementary', { name: 'Instance' }).getByText('hello-1').waitFor();
});

test('Try keeps its function beside the instance while another view is shown', async () => {
  await using emulator = await start();
  await using visit = await openPage(browser, emulator, { view: 'try' });
  const { page } = visit;
  const chosen = page.getByRole('combobox', { name: 'Function' });
  await chosen.selectOption('other');
  await page.getByRole('button', { name: 'Claim' }).click();
  await page.getByLabel('Answer').filter({ hasText: 'instance_id' }).waitFor();
  await page.getByRole('link', { name: 'Functions' }).click();
  await page.locator('main.functions').waitFor();
  await page.getByRole('link', { name: 'Try' }).click();
  await page.locator('main.try').waitFor();
  expect(await chosen.inputValue()).toBe('other');
  await page.getByRole('button', { name: 'Release' }).click();
  await page.getByLabel('Answer').filter({ hasText: 'released' }).waitFor();
  await chosen.selectOption('hello');
  await expect.poll(() => page.getByLabel('Instance, as a claim').inputValue(), inTime).toBe('');
});

test('the form of Faults adds each effect that there is, says what is wrong with one, and removes them', async () => {
  await using emulator = await start();
  await using visit = await openPage(browser, emulator, { view: 'faults', mayLog: /422|400/ });
  const { page } = visit;
  const add = page.getByRole('button', { name: 'Add fault' });
  await add.waitFor();
  const effect = page.getByLabel('Effect');
  const effects = (await effect.locator('option').allInnerTexts()).map((text) => text.trim());
  expect(effects.length).toBeGreaterThanOrEqual(12);
  await effect.selectOption('delay');
  await page.locator('[name="effect.ms"]').fill('soon');
  await add.click();
  await page.getByRole('alert').filter({ hasText: 'ms' }).waitFor();
  for (const type of effects) {
    await effect.selectOption(type);
    await page.locator('[name="id"]').fill(`is-${type}`);
    for (const input of await page.locator('input[name^="effect."]').all()) {
      await input.fill((await input.getAttribute('inputmode')) === 'decimal' ? '1' : 'text');
    }
    await add.click();
    await faultsOf(page)
      .filter({ hasText: `is-${type}` })
      .waitFor();
  }
  expect(emulator.faults.list().map(({ effect: { type } }) => type)).toEqual(effects);
  await page.getByRole('button', { name: 'Remove is-delay' }).click();
  await faultsOf(page).filter({ hasText: 'is-delay' }).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Remove all' }).click();
  await page.getByText('No fault is set').waitFor();
  expect(emulator.faults.list()).toEqual([]);
});
