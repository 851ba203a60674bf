import { expect, test } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { inTime, useBrowser } from '../support/browser.ts';
import { openPage } from '../support/page.ts';
import { sampleStack } from '../support/sample-stack.ts';

const browser = useBrowser();

const canary = '<img src=x onerror=alert(1)>';
const script = "trap 'echo bye; exit 0' TERM; printf '\\033[31mred\\033[0m\\n'; echo line; sleep 1000 & wait $!";

test('an open instance shows the output of one run after the other, each once, and no values of variables', async () => {
  await using emulator = await startEmulator({
    stack: sampleStack({ hello: { script, environment: { SECRET: canary } } }),
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
