// The contract as vitest tests, for those who live in vitest. Against another scheduler than the emulator:
// CYCLE_CONTRACT_URL, CYCLE_CONTRACT_ACCESS_KEY and CYCLE_CONTRACT_CONTAINER, as for `cycle-scheduler contract`.
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { readConfiguration } from '../src/contract/configuration/read.ts';
import { toOptions } from '../src/contract/configuration/to-options.ts';
import type { ContractOptions } from '../src/contract/options.ts';
import { openContract } from '../src/contract/session.ts';
import { startEmulator } from '../src/emulator.ts';

// Vite has a BASE_URL of its own, which is no scheduler's.
const { BASE_URL: baseUrl, ...environment } = process.env;
const given = baseUrl === '/' ? environment : process.env;
const configuration = readConfiguration({ flags: {}, environment: given });
const { url, 'access-key': accessKey, container } = configuration.values;

const target = await openTarget();
const session = await openContract({ ledgerFolder: false, ...target.options, ...toOptions(configuration) });

afterAll(async () => {
  const { message, leftovers } = await session.finish();
  await target[Symbol.asyncDispose]();
  expect(leftovers, message).toEqual([]);
});

test('there is a scheduler that takes the key', () => {
  expect(session.obstacle).toBeNull();
});

for (const one of session.run === null ? [] : session.cases) {
  test(`${one.id} ${one.requirement}`, { timeout: 180_000 }, async (context) => {
    const { outcome, message } = await session.runCase(one);
    if (outcome === 'skip') context.skip(message);
    expect(['pass', 'warn', 'info', 'known-difference'], message).toContain(outcome);
  });
}

type Target = AsyncDisposable & { readonly options: Pick<ContractOptions, 'url' | 'accessKey' | 'containers'> };

async function openTarget(): Promise<Target> {
  if (typeof url === 'string') {
    const containers = Array.isArray(container) ? (container as readonly string[]) : [];
    const options = { url, accessKey: String(accessKey ?? ''), containers };
    return { options, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const stack = fileURLToPath(new URL('../fixtures/probe.yaml', import.meta.url));
  const emulator = await startEmulator({ stack, runtime: 'simulated' });
  const options: ContractOptions = {
    url: emulator.url,
    accessKey: emulator.accessKey,
    containers: emulator.stack.functions.map(({ containerId }) => containerId),
    advanceClock: (ms) => emulator.clock.advance(ms),
    callback: { mode: 'off' },
    settleMs: 200,
  };
  return { options, [Symbol.asyncDispose]: () => emulator.stop() };
}
