import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { startEmulator } from '../src/emulator/start-emulator.ts';
import { compareProfiles } from '../src/profile/compare.ts';
import { findUnsupported } from '../src/profile/imitate.ts';
import { type Profile, parseProfile, renderProfile } from '../src/profile/profile.ts';
import type { ContractOptions } from './model/options.ts';
import type { Change, Refusal, Rules } from './reference/rules.ts';
import { startReferenceScheduler } from './reference/scheduler.ts';
import { runContract } from './suites/index.ts';

/** Different from the emulator wherever nothing public says how to be. */
const beDifferent = ({ refuse, mayRelease, pick, take, release }: Rules) => {
  const as = (refusal: Refusal, code: string) => ({ ...refuse[refusal], status: Number(code.slice(0, 3)), code });
  // Behaviour beyond codes: unspawned claims cannot be released, runs can be released twice, the latest released
  // instance comes first, and no claim waits in line.
  const released = new Map<string, unknown>();
  return {
    refuse: {
      badKey: as('badKey', '403.permissions'),
      badPath: as('badPath', '404.environment'),
      noContainer: as('noContainer', '422.invalid-argument'),
      noFunction: as('noFunction', '404.container'),
      badType: as('badType', '400.invalid-syntax'),
      badSyntax: as('badSyntax', '422.invalid-input'),
      missing: as('missing', '422.invalid-input'),
      invalid: as('invalid', '422.invalid-input'),
      noInstance: as('noInstance', '403.mismatch'),
      wrongToken: as('wrongToken', '404.instance'),
      wrongState: as('wrongState', '409.duplicate-found'),
      noneFree: as('noneFree', '503.not-ready'),
    },
    take: (instance, token) => {
      // Until the next claim of the instance.
      for (const key of released.keys()) if (key.includes(instance.id)) released.delete(key);
      take(instance, token);
    },
    mayRelease: (instance, call) =>
      mayRelease(instance, call) ??
      (instance.token === call.token && instance.spawnedAt === null ? refuse.wrongState : null),
    pick: (fn) => (pick(fn) === undefined ? undefined : fn.free.at(-1)),
    wait: () => Promise.resolve(null),
    release: async (call) => {
      const key = JSON.stringify(call.fields);
      const outcome = await release(call);
      if ('data' in outcome) released.set(key, outcome.data);
      const before = released.get(key);
      return 'rejection' in outcome && before !== undefined ? { data: before } : outcome;
    },
  } satisfies Change;
};

/** What a run against it needs; without looking into functions, which a simulation has none of. */
const common = {
  callback: { mode: 'off' },
  settleMs: 150,
  requestTimeoutMs: 3_000,
  ledgerFolder: false,
  exploreSeconds: 0,
} as const;

const record = async (options: ContractOptions): Promise<Profile> => {
  const { target, startedAt, answers, cases } = await runContract(options);
  // Different, and within the contract all the same.
  expect(
    cases
      .filter(({ outcome }) => outcome === 'fail' || outcome === 'error')
      .map(({ id, message }) => `${id} ${message}`),
  ).toEqual([]);
  return parseProfile(renderProfile({ target: target.url, date: startedAt, answers }), 'recorded.yaml');
};

const recordEmulator = async (nonFunctionContainer: string, profile?: Profile): Promise<Profile> => {
  const stack = fileURLToPath(new URL('../fixtures/probe.yaml', import.meta.url));
  await using emulator = await startEmulator({
    stack,
    runtime: 'simulated',
    ...(profile === undefined ? {} : { profile }),
  });
  return await record({
    ...common,
    url: emulator.url,
    accessKey: emulator.accessKey,
    containers: emulator.stack.functions.map(({ containerId }) => containerId),
    nonFunctionContainer,
    advanceClock: (ms) => emulator.clock.advance(ms),
  });
};

describe('a scheduler that answers otherwise than the emulator', () => {
  let different: Profile;
  let otherContainer: string;
  beforeAll(async () => {
    await using reference = await startReferenceScheduler(beDifferent);
    otherContainer = reference.otherContainerId;
    const { url, accessKey, containerIds: containers, otherContainerId: nonFunctionContainer } = reference;
    different = await record({
      ...common,
      url,
      accessKey,
      containers,
      nonFunctionContainer,
      advanceClock: reference.advance,
    });
  });

  test('has a profile that differs from the emulator’s', async () => {
    const { differences } = compareProfiles(different, await recordEmulator(otherContainer));
    expect(differences.length).toBeGreaterThan(30);
    const names = differences.map(({ question }) => question);
    expect(names).toEqual(
      expect.arrayContaining([
        'release-before-spawn',
        'second-release',
        'order-of-instances',
        'exhausted-pool',
        'malformed-json',
        'wrong-token-on-spawn',
      ]),
    );
  });

  test('is imitated by the emulator with its profile: no difference is left', async () => {
    const imitation = await recordEmulator(otherContainer, different);
    const imitated = compareProfiles(different, imitation);
    expect(imitated.differences).toEqual([]);
    expect(imitated.compared).toBeGreaterThan(45);
    expect(findUnsupported(different)).toEqual([]);
  });
});
