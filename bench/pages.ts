import { setInterval } from 'node:timers/promises';
import { type Browser, chromium } from 'playwright-core';
import { findChromium } from '../scripts/bare-machine/ensure-chromium.ts';
import { secret } from './emulator-process.ts';
import { interleave } from './interleave.ts';
import { loadWith } from './load.ts';
import { type Row, times } from './row.ts';
import { type Contender, claimRequest, startOurs } from './throughput-contenders.ts';

const pages = 3;
const [alone, asked, drawn] = [
  'no page open',
  `what ${pages} pages ask for, without a browser`,
  `${pages} pages open, drawn on the same cores`,
] as const;

/** A pool that a page shows whole, claimed again and again: the processor's time is counted in hundredths of a second. */
const instances = 1_000;
const connections = 10;

export const pagesRow: Row = {
  key: 'k',
  title: 'Processor time of the emulator for a claim, while pages are open',
  unit: 'ms',
  limits:
    'Claims as fast as they come, on a pool of 1,000 instances, each of which every page shows. What pages add is the stream ' +
    'of events for each of them, and the state that they load again, by the second and not by the claim: it weighs more where ' +
    'claims are slow. Drawing is the browser’s work, but a browser that draws on the same two cores makes every instruction of ' +
    'the emulator take longer, too. So the target is about clients that ask for the same and draw nothing.',
  targets: () => [times(asked, '≤', 1.1, alone)],
  measure: async ({ short, signal }) => {
    await using stack = new AsyncDisposableStack();
    const browser = await launch();
    stack.defer(() => browser.close());
    const emulator = stack.use(await startOurs(instances));
    const loads = short ? 2 : 10;
    const measured = await interleave(
      {
        [alone]: () => cpuMsOfClaim(emulator, loads),
        [asked]: async () => {
          await using _clients = askAsPages(emulator);
          return await cpuMsOfClaim(emulator, loads);
        },
        [drawn]: async () => {
          await using _pages = await openPages(browser, emulator);
          return await cpuMsOfClaim(emulator, loads);
        },
      },
      { rounds: short ? 2 : 10, warmUp: 1, signal },
    );
    return [
      { name: alone, samples: measured[alone] },
      { name: asked, samples: measured[asked], beside: alone },
      { name: drawn, samples: measured[drawn], beside: alone },
    ];
  },
};

const cpuMsOfClaim = async (emulator: Contender, loads: number): Promise<number> => {
  let cpuMs = 0;
  for (let load = 0; load < loads; load += 1) {
    const before = emulator.cpuMs();
    await loadWith({ port: emulator.port, request: claimRequest, count: instances, connections });
    cpuMs += emulator.cpuMs() - before;
    await emulator.forget();
  }
  return cpuMs / (loads * instances);
};

const launch = async (): Promise<Browser> => {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error('Failed to find Chromium. Run `npm run setup`.');
  return await chromium.launch({ executablePath });
};

/** As often as src/ui/page/store.ts asks at most. */
const everyMs = 1_000;

const askAsPages = ({ port }: Contender): AsyncDisposable => {
  const gone = new AbortController();
  const { signal } = gone;
  const ask = async (path: string, accept = 'application/json'): Promise<Response> => {
    const headers = { 'X-CYCLE-ACCESS-KEY': secret, 'X-CYCLE-PAGE': '1', Accept: accept };
    return await fetch(`http://127.0.0.1:${port}/_emulator/${path}`, { headers, signal });
  };
  const follow = async (): Promise<void> => {
    const { body } = await ask('events?every=100', 'text/event-stream');
    await body?.pipeTo(new WritableStream());
  };
  const poll = async (path: string): Promise<void> => {
    for await (const _ of setInterval(everyMs, null, { signal })) await (await ask(path)).text();
  };
  const ends = Promise.allSettled(Array.from({ length: pages }, () => [follow(), poll('state'), poll('clock')]).flat());
  return {
    [Symbol.asyncDispose]: async () => {
      gone.abort();
      const early = (await ends).find((end) => end.status === 'fulfilled' || end.reason.name !== 'AbortError');
      if (early !== undefined) throw new Error('a client of the measurement ended early', { cause: early });
    },
  };
};

/** Each in a window of its own, for a page that is not shown asks for less. */
const openPages = async (browser: Browser, { port }: Contender): Promise<AsyncDisposable> => {
  const contexts = await Promise.all(Array.from({ length: pages }, () => browser.newContext()));
  await Promise.all(
    contexts.map(async (context) => {
      const page = await context.newPage();
      await page.goto(`http://127.0.0.1:${port}/_emulator/ui`);
      await page.getByLabel('Access key').fill(secret);
      await page.getByRole('button', { name: 'Open' }).click();
      await page.getByText(`${instances} free`).waitFor();
    }),
  );
  return {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(contexts.map((context) => context.close()));
    },
  };
};
