import { expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { createMovableClock } from '../../src/shared/clock.ts';
import { useBrowser } from '../support/browser.ts';
import { callerOf } from '../support/caller.ts';
import { openPage, views } from '../support/page.ts';
import { sampleStack } from '../support/sample-stack.ts';

const browser = useBrowser();

/** An emulator whose page has something to show in each view; answers an instance that runs. */
const startWithHistory = async (): Promise<{ readonly emulator: Emulator; readonly instanceId: string }> => {
  const clock = createMovableClock({ frozenAt: Date.parse('2026-01-01T12:00:00Z') });
  const stack = sampleStack({
    'resize-image': { instances: 6, hot: 2, limits: { max_runtime: '1m', max_pool_size: 8 } },
    'a-function-with-a-long-name-that-says-all-that-it-does': { limits: { max_queue_time: '30s' } },
  });
  const emulator = await startEmulator({ stack, runtime: 'simulated', clock });
  emulator.faults.add({
    id: 'no-luck',
    match: { operation: 'spawn', times: 1 },
    effect: { type: 'error', code: '503.not-ready' },
  });
  const caller = callerOf(emulator, 'resize-image');
  await caller.spawn(await caller.claimed('token 1'), {}, 'token 1');
  const instanceId = await caller.claimed('token 2');
  await caller.spawn(instanceId, { WIDTH: '640' }, 'token 2');
  const ends = { CYCLE_SIMULATED_EXIT_AFTER_MS: '2000', CYCLE_SIMULATED_EXIT_CODE: '3' };
  await caller.spawn(await caller.claimed('token 3'), ends, 'token 3');
  await clock.advance(5_000);
  await emulator.claim('a-function-with-a-long-name-that-says-all-that-it-does');
  void emulator.claim('a-function-with-a-long-name-that-says-all-that-it-does').catch(() => {});
  await caller.claim('token 4');
  return { emulator, instanceId };
};

test('axe finds nothing wrong with any view, light or dark, nor with an open instance, the form for the key, the dialog', async () => {
  const { emulator, instanceId } = await startWithHistory();
  await using _emulator = emulator;
  await using visit = await openPage(browser, emulator);
  const violations: string[] = [];
  const look = async (what: string): Promise<void> => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await visit.page.emulateMedia({ colorScheme });
      violations.push(...(await visit.violations()).map((text) => `${what}, ${colorScheme}: ${text}`));
    }
  };
  for (const view of views) {
    await visit.show(view);
    await look(view);
  }
  await visit.show(`functions?instance=${instanceId}`);
  await visit.page.getByRole('complementary', { name: 'Instance' }).waitFor();
  await look('an instance');
  await visit.page.getByRole('button', { name: 'Reset' }).click();
  await look('the dialog');
  await using locked = await browser.visit(emulator.uiUrl ?? '');
  await locked.page.getByLabel('Access key').waitFor();
  violations.push(...(await locked.violations()));
  expect(violations).toEqual([]);
  // Twenty runs of axe.
}, 180_000);

test('no view scrolls sideways in a window of 360 pixels', async () => {
  const { emulator, instanceId } = await startWithHistory();
  await using _emulator = emulator;
  await using visit = await openPage(browser, emulator, { viewport: { width: 360, height: 640 } });
  const widths: Record<string, unknown> = {};
  for (const view of [...views, `functions?instance=${instanceId}`]) {
    await visit.show(view);
    widths[view] = await visit.page.evaluate('document.documentElement.scrollWidth');
  }
  expect(widths).toEqual(Object.fromEntries(Object.keys(widths).map((view) => [view, 360])));
});
