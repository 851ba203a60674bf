// Draws docs/images/page.png, the picture of the page in the README, from an emulator that runs. Its clock
// stands still but for the moves below, so that the next picture differs only where the page does.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { type Claim, createMovableClock, type Emulator, startEmulator } from '../src/index.ts';
import { packageRoot } from '../src/shared/package.ts';
import { makeBrowserPlace } from '../test/support/browser-namespace.ts';
import { findChromium } from './bare-machine/ensure-chromium.ts';

const path = join(packageRoot, 'docs', 'images', 'page.png');
const size = { width: 1180, height: 660 };
const accessKey = 'picture-secret';

type Pool = { readonly instances: number; readonly most: number; readonly hot?: number; readonly runs: string };
const pools: Readonly<Record<string, Pool>> = {
  'resize-image': { instances: 8, most: 12, hot: 3, runs: '45s' },
  'render-report': { instances: 3, most: 3, runs: '2m' },
  'send-invoice': { instances: 4, most: 6, runs: '30s' },
};

const stack = {
  version: '1.0',
  containers: Object.fromEntries(
    Object.entries(pools).map(([name, { instances, most, runs }]) => [
      name,
      {
        name,
        image: { origin: { type: 'docker-hub', details: { target: 'busybox:1.37' } } },
        stateful: false,
        config: {
          network: { public: 'disable', hostname: name },
          deploy: {
            strategy: 'function',
            instances,
            function: { max_pool_size: most, max_runtime: runs, max_queue_time: '40s' },
          },
        },
      },
    ]),
  ),
  services: { scheduler: { config: { access_keys: [{ name: 'picture', secret: accessKey, ips: [] }] } } },
  emulator: {
    containers: Object.fromEntries(Object.entries(pools).map(([name, { hot = 0 }]) => [name, { hot }])),
  },
};

/** A minute in which each kind of thing happens once or more: runs that end and fail, leases that end, a line, faults. */
const drive = async (emulator: Emulator): Promise<void> => {
  const { clock } = emulator;
  const run = async (name: string, env: Readonly<Record<string, string>> = {}): Promise<Claim> => {
    const claim = await emulator.claim(name);
    await claim.spawn(env);
    return claim;
  };
  const endsAfter = (ms: number, code = 0) => ({
    CYCLE_SIMULATED_EXIT_AFTER_MS: `${ms}`,
    CYCLE_SIMULATED_EXIT_CODE: `${code}`,
  });
  emulator.faults.add({
    id: 'mail-server-away',
    match: { function: 'send-invoice', times: 1 },
    effect: { type: 'exitAfter', ms: 3_000, code: 75 },
  });
  await run('resize-image', endsAfter(9_000));
  await clock.advance(2_000);
  await run('resize-image', endsAfter(6_500, 1));
  const report = await run('render-report');
  await clock.advance(3_000);
  await emulator.claim('send-invoice');
  await run('resize-image');
  await clock.advance(6_000);
  await run('resize-image', endsAfter(14_000));
  await run('render-report');
  await clock.advance(7_000);
  await report.release();
  await run('send-invoice', endsAfter(8_000));
  await clock.advance(4_000);
  await run('render-report');
  await run('render-report');
  for (let waiting = 0; waiting < 2; waiting += 1) void emulator.claim('render-report').catch(() => {});
  await clock.advance(5_000);
  await run('resize-image');
  await run('send-invoice', endsAfter(20_000));
  await emulator.claim('resize-image');
  await clock.advance(4_000);
  await emulator.claim('resize-image');
  await emulator.claim('send-invoice');
  await clock.advance(2_000);
};

const draw = async (link: string): Promise<void> => {
  const chromiumPath = findChromium();
  if (chromiumPath === null) throw new Error('Failed to find Chromium. Run `npm run setup`.');
  using place = await makeBrowserPlace(chromiumPath);
  await place.reach(Number(new URL(link).port));
  const browser = await chromium.launch(place.launch);
  try {
    const page = await browser.newPage({ viewport: size, deviceScaleFactor: 1.5, colorScheme: 'light' });
    await page.goto(link);
    await page.getByText('2 waiting').waitFor();
    await page.getByRole('link', { name: 'Timeline' }).click();
    await page.getByText('in this time').waitFor();
    mkdirSync(dirname(path), { recursive: true });
    await page.screenshot({ path });
  } finally {
    await browser.close();
  }
};

const clock = createMovableClock({ frozenAt: Date.parse('2026-01-01T12:00:00Z') });
await using emulator = await startEmulator({ stack, runtime: 'simulated', clock });
await drive(emulator);
await draw(emulator.uiLink() ?? '');
