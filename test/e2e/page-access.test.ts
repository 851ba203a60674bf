import { expect, test } from 'vitest';
import { type EmulatorOptions, startEmulator } from '../../src/emulator/start-emulator.ts';
import { createMovableClock } from '../../src/shared/clock.ts';
import { inTime, useBrowser } from '../support/browser.ts';
import { callerOf } from '../support/caller.ts';
import { createRecordingLogger } from '../support/http/recording-logger.ts';
import { openPage } from '../support/page.ts';
import { accessKey, sampleStack } from '../support/sample-stack.ts';

const browser = useBrowser();

/** Leases wait for the browser, however busy the machine is. */
const start = (options: Partial<EmulatorOptions> = {}) =>
  startEmulator({
    stack: sampleStack({ hello: { instances: 2 } }),
    runtime: 'simulated',
    clock: createMovableClock({ frozenAt: Date.now() }),
    ...options,
  });

test('a link opens the page once, and leaves nothing of its code in the address', async () => {
  await using emulator = await start();
  const link = emulator.uiLink() ?? '';
  await using visit = await browser.visit(link);
  await visit.page.getByRole('region', { name: 'Function hello' }).waitFor();
  expect(visit.page.url()).not.toContain('code');
  await visit.page.reload();
  await visit.page.getByRole('region', { name: 'Function hello' }).waitFor();

  await using again = await browser.visit(link, { mayLog: /401/ });
  await again.page.getByRole('alert').filter({ hasText: 'used before' }).waitFor();
  await again.page.getByLabel('Access key').waitFor();
  // In the same tab, which does not load the page again.
  await again.page.goto(emulator.uiLink() ?? '');
  await again.page.getByRole('region', { name: 'Function hello' }).waitFor();
  expect(again.page.url()).not.toContain('code');
});

/** The one that the page names itself. */
const firstScriptOf = async ({ uiUrl }: Awaited<ReturnType<typeof start>>): Promise<string> =>
  /<script [^>]*src="[^"]*\/([^"/]+)"/.exec(await (await fetch(uiUrl ?? '')).text())?.[1] ?? '';

test('the page loads again where one of its files failed to load', async () => {
  await using emulator = await start();
  await using visit = await openPage(browser, emulator, { mayLog: /ERR_FAILED/ });
  const { page } = visit;
  const failed: string[] = [];
  for (const file of ['store.js', 'style.css', await firstScriptOf(emulator)]) {
    await page.route(`**/${file}`, (route) => void route.abort().then(() => failed.push(file)), { times: 1 });
    await page.reload();
    await expect.poll(() => failed, inTime).toContain(file);
    await page.getByRole('region', { name: 'Function hello' }).waitFor();
  }
  // After the last try of its own, a reload by hand has as many.
  await page.evaluate("sessionStorage.setItem('cycle-loads', '7')");
  await page.route('**/store.js', (route) => route.abort(), { times: 2 });
  const givenUp = page.waitForRequest('**/store.js');
  await page.reload();
  await givenUp;
  await expect.poll(() => page.evaluate("sessionStorage.getItem('cycle-loads')"), inTime).toBe(null);
  await page.reload();
  await page.getByRole('region', { name: 'Function hello' }).waitFor();
});

test('Escape closes an instance wherever the focus is, after a dialog', async () => {
  await using emulator = await start();
  await using visit = await openPage(browser, emulator);
  const { page } = visit;
  const panel = page.getByRole('complementary', { name: 'Instance' });
  await page.getByRole('button', { name: 'hello-1: free' }).click();
  await panel.getByText('It has not run yet').waitFor();
  await page.getByRole('link', { name: 'Events' }).click();
  await page.getByRole('button', { name: 'Reset…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  expect(await panel.count()).toBe(1);
  await page.keyboard.press('Escape');
  await panel.waitFor({ state: 'detached' });
});

test('the page asks for the key, says when it is wrong, and keeps it for the tab alone', async () => {
  await using emulator = await start();
  await using visit = await browser.visit(`${emulator.url}/_emulator/ui`, { mayLog: /401/ });
  const { page } = visit;
  const enter = async (key: string): Promise<void> => {
    await page.getByLabel('Access key').fill(key);
    await page.getByRole('button', { name: 'Open' }).click();
  };
  await enter('not the key');
  await page.getByRole('alert').waitFor();
  await enter(accessKey);
  await page.getByRole('region', { name: 'Function hello' }).waitFor();
  await page.reload();
  await page.getByRole('region', { name: 'Function hello' }).waitFor();
  const other = await page.context().newPage();
  await other.goto(emulator.uiUrl ?? '');
  await other.getByLabel('Access key').waitFor();
});

test('the key is in no URL, in no history, in nothing that outlives the tab, and in no log', async () => {
  const { logger, text } = createRecordingLogger();
  await using emulator = await start({ logger });
  await using visit = await openPage(browser, emulator);
  const { page, requests } = visit;
  for (const view of ['requests', 'try', 'faults', 'events', 'timeline']) await visit.show(view);
  await callerOf(emulator).claimed();
  await visit.show('functions');
  await page.locator('.cells .cell.claimed').click();
  await page.getByRole('complementary', { name: 'Instance' }).waitFor();
  const kept = await page.evaluate('[location.href, document.cookie, ...Object.values(localStorage)].join("\\n")');
  const shown = await page.evaluate('document.documentElement.outerHTML');
  const seen = [...requests, kept, shown, text()].join('\n');
  expect(requests.length).toBeGreaterThan(5);
  expect(seen).not.toContain(accessKey);
});

test('a reset asks once, and takes all claims back', async () => {
  await using emulator = await start();
  await callerOf(emulator).claimed();
  await using visit = await openPage(browser, emulator);
  const { page } = visit;
  await page.locator('.cells .cell.claimed').waitFor();
  await page.getByRole('button', { name: 'Reset' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'hidden' });
  expect(emulator.function('hello').counts).toMatchObject({ claimed: 1 });
  await page.getByRole('button', { name: 'Reset' }).click();
  await dialog.getByRole('button', { name: 'Reset' }).click();
  await page.locator('.cells .cell.claimed').waitFor({ state: 'detached' });
  expect(emulator.function('hello').counts).toMatchObject({ claimed: 0, available: 2 });
});
