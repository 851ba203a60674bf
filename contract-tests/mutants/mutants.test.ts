import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import { beforeAll, describe, expect, test } from 'vitest';
import { allCases } from '../suites/all.ts';
import { mutants } from './all.ts';
import type { Mutant } from './mutant.ts';
import { findCatcher, findCatchers, runAlone, runTrial, type Trial } from './trial.ts';

// By mutant, how strongly the suite objects at least, and the case that does: so each mutant needs only that one here.
// Where the snapshot has none, or one that is gone, all cases run, and `-u` writes down the first that catches the mutant.
const snapshot = fileURLToPath(new URL('./__snapshots__/caught-by.json', import.meta.url));
const recorded: Readonly<Record<string, string>> = JSON.parse(await readFile(snapshot, 'utf8'));

const recordedCase = ({ name }: Mutant): string | undefined =>
  allCases.find(({ id }) => id === recorded[name]?.split(' ')[1])?.id;

test('the reference scheduler conforms, with nothing left out', async () => {
  // Busy machines take their time.
  const { result, objections } = await runTrial(null, { bounds: { maxSeconds: 240 } });
  expect(result.message).toMatch(/conforms/);
  expect(result.exitCode).toBe(0);
  expect(objections).toEqual({ fail: [], warn: [], info: [] });
  expect(result.cases.filter(({ outcome }) => outcome !== 'pass')).toEqual([]);
  expect(result.leftovers).toEqual([]);
}, 300_000);

describe('each mutant', () => {
  // Trials wait more than they work: many at once take a fraction of the time, and none disturbs another.
  const limit = pLimit(10);
  const catchers = [...new Set(mutants.flatMap((mutant) => recordedCase(mutant) ?? []))];
  let withoutMutant: ReadonlyMap<string, Promise<Trial>>;
  let withMutant: ReadonlyMap<string, Promise<{ readonly catcher: string; readonly trial: Trial }>>;

  beforeAll(async () => {
    withoutMutant = new Map(catchers.map((id) => [id, limit(() => runAlone(null, id))]));
    withMutant = new Map(
      mutants.map((mutant) => [
        mutant.name,
        limit(async () => {
          const catcher = recordedCase(mutant) ?? (await findCatcher(mutant));
          return { catcher, trial: await runAlone(mutant, catcher) };
        }),
      ]),
    );
    // Each is awaited by its own test, which is where a failure belongs.
    await Promise.allSettled([...withoutMutant.values(), ...withMutant.values()]);
  }, 600_000);

  test.each(mutants)('$name is caught: $description', async (mutant) => {
    const { catcher, trial } = (await withMutant.get(mutant.name)) ?? {};
    expect(trial?.result.verdict).not.toBe('suite-error');
    expect(trial && findCatchers(mutant, trial)).toContain(catcher);
  });

  test('is caught by the case of the snapshot', async () => {
    const caughtBy = await Promise.all(
      mutants.map(async ({ name, expect: strength }) => {
        const tried = await withMutant.get(name);
        return [name, `${strength} ${tried?.catcher}`];
      }),
    );
    const inOrder = Object.fromEntries(caughtBy.toSorted());
    await expect(`${JSON.stringify(inOrder, null, 2)}\n`).toMatchFileSnapshot(snapshot);
  });

  test.each(catchers)('%s objects to its mutants alone, not to the reference scheduler', async (catcher) => {
    const trial = await withoutMutant.get(catcher);
    expect(trial?.result.cases.filter(({ outcome }) => outcome !== 'pass')).toEqual([]);
  });
});

test('the case that catches a mutant is found by running everything', async () => {
  const mutant = mutants.find(({ name }) => name === 'key-in-the-query');
  if (mutant === undefined) throw new Error('that mutant has another name now');
  expect(await findCatcher(mutant)).toBe(recordedCase(mutant));
});

test('no two mutants share a name', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});
