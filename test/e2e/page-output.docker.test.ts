import { expect, test } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { inTime, useBrowser } from '../support/browser.ts';
import { callerOf } from '../support/caller.ts';
import { openPage } from '../support/page.ts';
import { sampleStack } from '../support/sample-stack.ts';

const browser = useBrowser();

const canary = '<img src=x onerror=canary=1>';
const lines = 300;
const script = [
  `trap 'echo the last line; exit 0' TERM`,
  `echo '${canary}'`,
  'i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo line $i; done',
  'echo a warning >&2',
  'sleep 1000 & wait $!',
].join('; ');

test('output arrives live, whole and in order, is searched, and markup in it stays text', async () => {
  await using emulator = await startEmulator({ stack: sampleStack({ hello: { script } }), runtime: 'docker' });
  const caller = callerOf(emulator);
  // The lease waits for the browser, however busy the machine is.
  emulator.clock.freeze();
  const instanceId = await caller.claimed();
  // Opened before the run, which it waits for.
  await using visit = await openPage(browser, emulator, { view: `functions?instance=${instanceId}` });
  const { page } = visit;
  const output = page.getByRole('group', { name: 'Output' });
  const shown = async (): Promise<readonly string[]> =>
    (await output.getByRole('listitem').allInnerTexts()).map((text) => text.trim());
  const countUp = (texts: readonly string[]): readonly string[] => {
    const first = Number(texts[0]?.replace('line ', ''));
    return texts.map((_text, index) => `line ${first + index}`);
  };
  await caller.spawn(instanceId);
  await output.getByText(`line ${lines}`, { exact: true }).waitFor();
  const end = (await shown()).filter((text) => text.startsWith('line '));
  expect(end.length).toBeGreaterThan(5);
  expect(end).toEqual(countUp(end));

  await page.getByLabel('Search the output').fill('img');
  await expect.poll(shown, inTime).toEqual([canary]);
  expect(await page.locator('img').count()).toBe(0);
  await page.getByLabel('Search the output').fill('');
  await page.getByLabel('stdout').uncheck();
  await expect.poll(shown, inTime).toEqual([expect.stringContaining('a warning')]);
  await page.getByLabel('stdout').check();

  await output.hover();
  await page.mouse.wheel(0, -100_000);
  await expect.poll(shown, inTime).toContain('line 1');
  // An engine keeps no order between the two streams.
  const [first, ...rest] = (await shown()).filter((text) => !text.endsWith('a warning'));
  expect(first).toBe(canary);
  expect(rest).toEqual(countUp(rest));
  await page.getByRole('button', { name: 'Follow' }).click();
  await caller.release(instanceId);
  await output.getByText('the last line').waitFor();
});

const runScript = "trap 'echo bye; exit 0' TERM; printf '\\033[31mred\\033[0m\\n'; echo line; sleep 1000 & wait $!";

test('an open instance shows the output of one run after the other, each once, and no values of variables', async () => {
  await using emulator = await startEmulator({
    stack: sampleStack({ hello: { script: runScript, environment: { SECRET: canary } } }),
  });
  // The lease waits for the browser, however busy the machine is.
  emulator.clock.freeze();
  const claim = await emulator.claim('hello');
  await using visit = await openPage(browser, emulator, { view: `timeline?instance=${claim.instanceId}` });
  const { page } = visit;
  const panel = page.getByRole('complementary', { name: 'Instance' });
  const output = panel.getByRole('group', { name: 'Output' });
  const shown = async (): Promise<readonly string[]> =>
    (await output.getByRole('listitem').allInnerTexts()).map((text) => text.trim());
  await claim.spawn({ FROM_SPAWN: canary });
  await expect.poll(shown, inTime).toEqual(['red', 'line']);
  await claim.release();
  await expect.poll(shown, inTime).toEqual(['red', 'line', 'bye']);
  await panel.getByText('exit code 0, released').waitFor();
  await (await emulator.claim('hello')).spawn();
  await expect.poll(shown, inTime).toEqual(['red', 'line', 'bye', 'the next run', 'red', 'line']);
  await panel.getByText(/variables of the latest run/).click();
  await panel.getByText('SECRET', { exact: true }).waitFor();
  expect(await panel.getByText('onerror').count()).toBe(0);
});
