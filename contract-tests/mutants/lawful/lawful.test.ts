import pLimit from 'p-limit';
import { beforeAll, expect, test } from 'vitest';
import { startReferenceScheduler } from '../../reference/scheduler.ts';
import { runContract } from '../../suites/index.ts';
import { referenceOptions } from '../trial.ts';
import { lawfulChoices, lawfulSchedulers } from './all.ts';
import type { Lawful } from './lawful.ts';
import { startReverseProxy } from './reverse-proxy.ts';

const find = (name: string): Lawful => {
  const found = lawfulChoices.find((choice) => choice.name === name);
  if (found === undefined) throw new Error(`no choice is called ${name}`);
  return found;
};

const nameOf = ({ choices, isBehindProxy = false }: (typeof lawfulSchedulers)[number]): string =>
  [...choices, ...(isBehindProxy ? ['behind-a-proxy'] : [])].join(', ');

const run = async ({ choices, isBehindProxy = false }: (typeof lawfulSchedulers)[number]) => {
  const chosen = choices.map(find);
  await using reference = await startReferenceScheduler((rules, referenceItself) => {
    for (const { apply } of chosen) apply(rules, referenceItself);
  });
  await using proxy = isBehindProxy ? await startReverseProxy(reference.url) : null;
  const options = Object.assign({ bounds: {}, requestTimeoutMs: 10_000 }, ...chosen.map((choice) => choice.options));
  return await runContract({
    ...referenceOptions(reference),
    ...(proxy === null ? {} : { url: proxy.url }),
    ...options,
  });
};

// Runs wait more than they work.
const limit = pLimit(lawfulSchedulers.length);
let results: ReadonlyMap<string, ReturnType<typeof run>>;

beforeAll(async () => {
  results = new Map(lawfulSchedulers.map((scheduler) => [nameOf(scheduler), limit(() => run(scheduler))]));
  await Promise.allSettled(results.values());
});

test.each(lawfulSchedulers.map((scheduler) => [nameOf(scheduler), scheduler] as const))(
  'a scheduler conforms with %s',
  async (name, { choices }) => {
    const result = await results.get(name);
    const told = result?.cases.filter(({ outcome }) => ['error', 'fail', 'warn'].includes(outcome)) ?? [];
    const expected = new Set(choices.flatMap((choice) => find(choice).warns));
    expect(told.filter(({ id }) => !expected.has(id)).map(({ id, message }) => `${id} ${message}`)).toEqual([]);
    expect(told.filter(({ outcome }) => outcome !== 'warn').map(({ id }) => id)).toEqual([]);
    expect([...expected].filter((id) => !told.some((one) => one.id === id))).toEqual([]);
    expect(result?.verdict, result?.message).toBe('conforms');
  },
);

test('each choice is made by a scheduler', () => {
  const made = new Set(lawfulSchedulers.flatMap(({ choices }) => choices));
  expect(lawfulChoices.map(({ name }) => name).filter((name) => !made.has(name))).toEqual([]);
});
