import { describe, expect, test } from 'vitest';
import { startSimulatedTarget } from '../../test/support/simulated-target.ts';
import type { ContractOptions } from '../model/options.ts';
import { runContract } from '../suites/index.ts';
import { mutants } from './all.ts';
import { fails, type Mutant } from './mutant.ts';
import { runTrial } from './trial.ts';

// `node contract-tests/mutants/model-alone.ts` tries every mutant; these few are found within the first histories. What is
// found ends the exploration: the time is for a machine that is busy.
const exploring = { only: ['EXPLORE-001'], exploreSeconds: 8, seed: 2, callback: { mode: 'off' } } as const;

const mutantOf = (name: string): Mutant => {
  const found = mutants.find((mutant) => mutant.name === name);
  if (found === undefined) throw new Error(`there is no mutant ${name}`);
  return found;
};

describe.concurrent('the model alone finds', () => {
  test.each([
    ['token-ignored-by-release', 'Release needs the token and the instance of a claim.'],
    ['key-unchecked-on-active', 'Every operation needs an access key.'],
    ['lease-too-long', 'Spawn needs the token and the instance of a claim that is not over.'],
    // Which of the rules about a claim is broken first depends on which of two callers is answered, and to which one it matters.
    ['double-grant-under-concurrency', null],
  ])('%s', { timeout: 60_000 }, async (name, rule) => {
    const { result } = await runTrial(mutantOf(name), exploring);
    expect(result).toMatchObject({ verdict: 'broken', cases: [{ id: 'EXPLORE-001', outcome: 'fail' }] });
    const [explored] = result.cases;
    const [broken] = explored?.checks.filter(({ met, evidence }) => !met && evidence === 'documented') ?? [];
    expect(broken?.rule).toEqual(rule ?? expect.any(String));
    const contradiction = explored?.exploration?.contradictions.find((one) => one.rule === broken?.rule);
    expect(contradiction?.command).toContain(`--only EXPLORE-001 --explore 8 --seed ${contradiction?.seed}`);
    expect(contradiction?.command).toMatch(/--settle 0.8 --timeout 3 /);
    const [before, after, ...more] = contradiction?.command.split(' --access-key "$CYCLE_ACCESS_KEY" ') ?? [];
    expect(`${before} ${after}`).not.toMatch(/key/i);
    expect(more).toEqual([]);
    expect(contradiction?.history).not.toEqual([]);
    expect(explored?.steps.length).toBeGreaterThan(0);
  });
});

test('a history that broke a rule breaks it again, and the result has its shortest form', {
  timeout: 60_000,
}, async () => {
  const trial = await runTrial(mutantOf('token-ignored-by-release'), exploring);
  const [found] = trial.result.cases[0]?.exploration?.contradictions ?? [];
  expect(found).toMatchObject({ isReplayed: true });
  // To claim, and to release with another token: one move for each, or both in one.
  expect(found?.history.length).toBeLessThanOrEqual(4);
});

/** Its twentieth release ruins it, and all spawns from then on. */
const ruinable = fails('ruinable', 'Spawns fail after twenty releases.', ({ release, maySpawn, refuse }) => {
  let releases = 0;
  return {
    release: (call) => {
      releases += 1;
      return release(call);
    },
    maySpawn: (instance, call) => (releases < 20 ? maySpawn(instance, call) : refuse.wrongState),
  };
});

test('a finding from which the target does not recover is reported with its whole history', {
  timeout: 60_000,
}, async () => {
  const { result } = await runTrial(ruinable, exploring);
  const [finding] = result.findings;
  expect(finding).toMatchObject({ outcome: 'fail', rule: 'Spawn starts an instance that its caller has claimed.' });
  expect(finding?.repetition?.seen).toMatch(/^seen once: the target has not recovered/);
  expect(finding?.repetition?.history.length).toBeGreaterThan(3);
});

test('a finding that every caller meets is reported with the shortest history: claim and spawn', {
  timeout: 60_000,
}, async () => {
  const { result } = await runTrial(mutantOf('spawn-answers-nothing'), exploring);
  expect(result.findings[0]?.repetition).toMatchObject({
    seen: 'seen again',
    history: ['claim (function 0, connection 0)', 'spawn claim 0'],
  });
});

test('random histories find nothing wrong with the reference scheduler', { timeout: 60_000 }, async () => {
  const { result } = await runTrial(null, { ...exploring, exploreSeconds: 1 });
  expect(result).toMatchObject({ verdict: 'conforms', leftovers: [], cases: [{ outcome: 'pass' }] });
  expect(result.cases[0]?.exploration).toMatchObject({ seed: 2, contradictions: [] });
});

test('random histories with requests over HTTP find nothing wrong with the reference scheduler', {
  timeout: 60_000,
}, async () => {
  const { result } = await runTrial(null, { ...exploring, exploreSeconds: 2 }, true);
  expect(result).toMatchObject({ verdict: 'conforms', leftovers: [], cases: [{ outcome: 'pass' }] });
});

describe('the emulator under random histories', () => {
  const explore = async (options: Partial<ContractOptions>) => {
    await using target = await startSimulatedTarget();
    let [granted, running] = [0, 0];
    target.emulator.events.subscribe((event) => {
      if (event.name === 'instance.claimed') granted += 1;
      if (event.name === 'instance.running') running += 1;
    });
    const result = await runContract({ ...target.options, ...exploring, exploreSeconds: 1, ...options });
    const open = target.emulator.readiness().functions.reduce((sum, { claimed, active }) => sum + claimed + active, 0);
    return { result, granted, running, open };
  };

  test('has no finding, and is left as it was', async () => {
    const { result, open } = await explore({});
    expect(result.cases).toMatchObject([{ outcome: 'pass', message: '' }]);
    expect(open).toBe(0);
  });

  test('starts nothing at level claim', async () => {
    const { result, granted, running } = await explore({ level: 'claim' });
    expect(result.cases).toMatchObject([{ outcome: 'pass' }]);
    expect(granted).toBeGreaterThan(0);
    expect(running).toBe(0);
  });

  test('gets no more claims than the bounds allow, which are left to the other cases', async () => {
    const { result, granted } = await explore({ bounds: { maxClaims: 60 }, only: ['EXPLORE-001', 'RUN-001'] });
    expect(granted).toBeLessThanOrEqual(60);
    expect(result.cases.find(({ id }) => id === 'EXPLORE-001')).toMatchObject({ outcome: 'pass' });
    expect(result.cases.find(({ id }) => id === 'RUN-001')?.message).not.toContain('bounded');
  });
});

test('a run without time to explore leaves out the case that explores', async () => {
  const { result } = await runTrial(null, { only: ['ACTIVE-001', 'RUN'], exploreSeconds: 0 });
  expect(result.cases.map(({ id }) => id)).toEqual(['ACTIVE-001', 'RUN-001']);
  const asked = runTrial(null, { only: ['EXPLORE-001'], exploreSeconds: 0 });
  await expect(asked).rejects.toThrow(/"EXPLORE-001"/);
});
