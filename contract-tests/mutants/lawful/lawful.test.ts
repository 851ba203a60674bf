import pLimit from 'p-limit';
import { beforeAll, expect, test } from 'vitest';
import { startReferenceScheduler } from '../../reference/scheduler.ts';
import { runContract } from '../../suites/index.ts';
import { referenceOptions } from '../trial.ts';
import { lawfulAnswers } from './answers.ts';
import { lawfulClaims } from './claims.ts';
import { lawfulErrors } from './errors.ts';
import { lawfulGateways } from './gateways.ts';
import type { Lawful } from './lawful.ts';
import { startReverseProxy } from './reverse-proxy.ts';
import { lawfulRuns } from './runs.ts';

/** Every choice that the suite must leave to a scheduler. */
const lawfulChoices: readonly Lawful[] = [
  ...lawfulErrors,
  ...lawfulAnswers,
  ...lawfulClaims,
  ...lawfulRuns,
  ...lawfulGateways,
];

type Scheduler = { readonly choices: readonly string[]; readonly isBehindProxy?: boolean };

/** Schedulers, each with several of the choices at once: any of them is that of some scheduler, and each stands in one of these. */
const schedulers: readonly Scheduler[] = [
  { choices: [], isBehindProxy: true },
  {
    choices: [
      'oauth-errors',
      'codes-with-underscores',
      'release-as-spawned',
      'exhausted-as-409',
      'times-elsewhere',
      'null-for-absent',
    ],
  },
  {
    choices: [
      ...['challenge-alone', 'further-fields-in-errors', 'further-fields', 'release-as-released', 'in-turn'],
      ...['exhausted-as-429', 'paths-as-text', 'unspawned-kept', 'one-instance-a-token', 'times-in-seconds'],
    ],
  },
  {
    choices: [
      ...['other-codes', 'methods-as-405', 'exhausted-as-503', 'newest-first', 'releases-repeatable'],
      ...['claims-repeatable', 'times-in-nanoseconds', 'slash-redirects'],
    ],
  },
  {
    choices: [
      'bad-key-as-400',
      'release-as-id',
      'exhausted-as-404',
      'spawns-repeatable',
      'one-connection-each',
      'indented',
    ],
  },
  { choices: ['lists-lag', 'stops-behind', 'statuses-with-a-fraction'], isBehindProxy: true },
  { choices: ['ends-lag', 'without-active'], isBehindProxy: true },
  { choices: ['leases-swept', 'releases-repeatable', 'unspawned-kept'] },
  { choices: ['instances-per-connection', 'gateways-own-headers'] },
  { choices: ['gateways-other-statuses', 'answers-in-parts', 'requests-read-first'] },
  { choices: ['gateways-refuse-at-once', 'functions-tried-again', 'without-other-protocols'] },
  { choices: ['ends-at-once', 'oauth-errors', 'unspawned-kept'] },
  { choices: ['ends-at-once-for-good', 'exhausted-as-409'] },
  { choices: ['hang-ups-unnoticed', 'instances-replaced', 'codes-with-underscores'] },
];

const find = (name: string): Lawful => {
  const found = lawfulChoices.find((choice) => choice.name === name);
  if (found === undefined) throw new Error(`no choice is called ${name}`);
  return found;
};

const nameOf = ({ choices, isBehindProxy = false }: Scheduler): string =>
  [...choices, ...(isBehindProxy ? ['behind-a-proxy'] : [])].join(', ');

const run = async ({ choices, isBehindProxy = false }: Scheduler) => {
  const chosen = choices.map(find);
  await using reference = await startReferenceScheduler(...chosen.map(({ change }) => change));
  await using gateway = await reference.openGateway(...chosen.map((choice) => choice.gateway));
  await using proxy = isBehindProxy ? await startReverseProxy(reference.url) : null;
  const options = Object.assign({ bounds: {}, requestTimeoutMs: 10_000 }, ...chosen.map((choice) => choice.options));
  return await runContract({
    ...referenceOptions(reference, gateway),
    ...(proxy === null ? {} : { url: proxy.url }),
    ...options,
  });
};

// Runs wait more than they work.
const limit = pLimit(schedulers.length);
let results: ReadonlyMap<string, ReturnType<typeof run>>;

beforeAll(async () => {
  results = new Map(schedulers.map((scheduler) => [nameOf(scheduler), limit(() => run(scheduler))]));
  await Promise.allSettled(results.values());
}, 600_000);

test.each(schedulers.map((scheduler) => [nameOf(scheduler), scheduler] as const))(
  'a scheduler conforms with %s',
  async (name, { choices }) => {
    const result = await results.get(name);
    const objecting = result?.cases.filter(({ outcome }) => ['error', 'fail', 'warn'].includes(outcome)) ?? [];
    const expected = new Set(choices.flatMap((choice) => find(choice).warns));
    expect(objecting.filter(({ id }) => !expected.has(id)).map(({ id, message }) => `${id} ${message}`)).toEqual([]);
    expect(objecting.filter(({ outcome }) => outcome !== 'warn').map(({ id }) => id)).toEqual([]);
    expect([...expected].filter((id) => !objecting.some((one) => one.id === id))).toEqual([]);
    expect(result?.verdict, result?.message).toBe('conforms');
  },
);

test.each(['ends-at-once', 'ends-at-once-for-good'])('whose token ends a run is not asked of %s', async (choice) => {
  const scheduler = schedulers.find(({ choices }) => choices.includes(choice));
  const result = scheduler && (await results.get(nameOf(scheduler)));
  // No run lasts long enough to ask.
  expect(result?.answers).not.toHaveProperty('wrong-token-on-release');
});

test('each open choice is made by one of the lawful schedulers', () => {
  const made = new Set(schedulers.flatMap(({ choices }) => choices));
  expect(lawfulChoices.map(({ name }) => name).filter((name) => !made.has(name))).toEqual([]);
});
