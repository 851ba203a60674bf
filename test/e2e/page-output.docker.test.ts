import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { useBrowser } from '../support/browser.ts';
import { openPage } from '../support/page.ts';
import { sampleStack } from '../support/sample-stack.ts';

const browser = useBrowser();
const inTime = { timeout: 15_000 };

const canary = '<img src=x onerror=alert(1)>';
const script = [
  "trap 'echo bye; exit 0' TERM",
  `echo '${canary}'`,
  "printf '\\033[31mred\\033[0m\\n'",
  'for i in 1 2 3; do echo line $i; done; echo oops >&2; sleep 1000 & wait $!',
].join('; ');

const linesOf = async (page: Page): Promise<readonly string[]> =>
  (await page.getByRole('group', { name: 'Output' }).getByRole('listitem').allTextContents()).map((text) =>
    text.trim(),
  );

test('output of an instance comes live and in order, run after run, and is text', async () => {
  await using emulator = await startEmulator({
    stack: sampleStack({ hello: { script, environment: { SECRET: canary } } }),
  });
  const claim = await emulator.claim('hello');
  await using visit = await openPage(browser, emulator, { view: `timeline?instance=${claim.instanceId}` });
  const { page } = visit;
  await claim.spawn({ FROM_SPAWN: canary });
  const printed = [canary, 'red', 'line 1', 'line 2', 'line 3'];
  const stdout = page.getByLabel('stdout');
  await page.getByLabel('stderr').uncheck();
  // The run goes on: nothing but the page has asked for its output.
  await expect.poll(() => linesOf(page), inTime).toEqual(printed);
  await claim.release();
  await expect.poll(() => linesOf(page), inTime).toEqual([...printed, 'bye']);
  await stdout.uncheck();
  await page.getByLabel('stderr').check();
  await expect.poll(() => linesOf(page), inTime).toEqual(['stderr: oops']);
  await stdout.check();
  await page.getByLabel('Search the output').fill('BYE');
  await expect.poll(() => linesOf(page), inTime).toEqual(['bye']);
  await (await emulator.claim('hello')).spawn();
  await page.getByLabel('Search the output').fill('Line 3');
  await expect.poll(() => linesOf(page), inTime).toEqual(['line 3', 'the next run', 'line 3']);
  const panel = page.getByRole('complementary', { name: 'Instance' });
  await panel.getByText(/variables of the latest run/).click();
  await panel.getByText('SECRET', { exact: true }).waitFor();
  expect(await page.locator('img').count()).toBe(0);
  expect(await panel.getByText('alert').count()).toBe(0);
});
