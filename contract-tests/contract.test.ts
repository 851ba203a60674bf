// The contract as vitest tests, for those who live in vitest. Against another scheduler than the emulator:
// CYCLE_CONTRACT_URL, CYCLE_CONTRACT_ACCESS_KEY and CYCLE_CONTRACT_CONTAINER, as for `cycle-scheduler contract`.
import { afterAll, expect, test } from 'vitest';
import { readConfiguration, toOptions } from '../src/cli/contract/read-settings.ts';
import { startSimulatedTarget } from '../test/support/simulated-target.ts';
import type { ContractOptions } from './model/options.ts';
import { allCases } from './suites/all.ts';
import { openContract } from './suites/index.ts';

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
  const simulated = await startSimulatedTarget();
  // What looks into a function needs one that runs, and no start fails here; workflow.test.ts has containers.
  const intoFunctions = allCases
    .filter(({ needs = [] }) => needs.includes('callback') || needs.includes('linked'))
    .map(({ id }) => id);
  const options = { ...simulated.options, skip: [...intoFunctions, 'SPAWN-013'] };
  return { options, [Symbol.asyncDispose]: () => simulated[Symbol.asyncDispose]() };
}
