import { readFile } from 'node:fs/promises';
import pLimit from 'p-limit';
import { beforeAll, describe, expect, test } from 'vitest';
import { mutantGroups, mutants } from './all.ts';
import { loadCaughtBy } from './caught-by.ts';
import type { Mutant } from './mutant.ts';
import { renderTable } from './render-table.ts';
import { findCatchers, runAlone, runTrial, type Trial } from './trial.ts';
import { findCaughtBy } from './write-table.ts';

// The case that catches a mutant is written down, so that each mutant needs only that one here.
// `node contract-tests/mutants/write-table.ts` runs all cases against all mutants and writes it again.
const caughtBy = await loadCaughtBy();
const catcherOf = ({ name }: Mutant): string => caughtBy[name] ?? '';

test('the reference scheduler conforms, with nothing left out', async () => {
  const { result, objections } = await runTrial(null);
  expect(result.message).toMatch(/conforms/);
  expect(result.exitCode).toBe(0);
  expect(objections).toEqual({ fail: [], warn: [], info: [] });
  expect(result.cases.filter(({ outcome }) => outcome !== 'pass')).toEqual([]);
  expect(result.leftovers).toEqual([]);
});

describe('each mutant', () => {
  // Trials wait more than they work: many at once take a fraction of the time, and none disturbs another.
  const limit = pLimit(10);
  const catchers = [...new Set(mutants.map(catcherOf))].filter(Boolean);
  let withoutMutant: ReadonlyMap<string, Promise<Trial>>;
  let withMutant: ReadonlyMap<string, Promise<Trial>>;

  beforeAll(async () => {
    withoutMutant = new Map(catchers.map((id) => [id, limit(() => runAlone(null, id))]));
    const caught = mutants.filter((mutant) => catcherOf(mutant) !== '');
    withMutant = new Map(caught.map((mutant) => [mutant.name, limit(() => runAlone(mutant, catcherOf(mutant)))]));
    // Each is awaited by its own test, which is where a failure belongs.
    await Promise.allSettled([...withoutMutant.values(), ...withMutant.values()]);
  });

  describe.each(Object.entries(mutantGroups))('%s', (_group, members) => {
    test.each(members.map((mutant) => [mutant.name, catcherOf(mutant), mutant] as const))(
      '%s is caught by %s',
      async (name, catcher, mutant) => {
        const trial = await withMutant.get(name);
        if (trial === undefined) throw new Error(`no case is known to catch ${name}: run write-table.ts`);
        expect(trial.result.verdict).not.toBe('suite-error');
        expect(findCatchers(mutant, trial)).toContain(catcher);
      },
    );
  });

  test.each(catchers)('%s objects to its mutants alone, not to the reference scheduler', async (catcher) => {
    const trial = await withoutMutant.get(catcher);
    expect(trial?.result.cases.filter(({ outcome }) => outcome !== 'pass')).toEqual([]);
  });
});

test('which case catches a mutant is found by running everything', async () => {
  const name = 'key-in-the-query';
  const chosen = mutants.filter((mutant) => mutant.name === name);
  expect(await findCaughtBy(chosen, () => {})).toEqual({ [name]: caughtBy[name] });
});

test('no two mutants share a name', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});

test('the table in the documentation says the same', async () => {
  const page = await readFile(new URL('../../docs/contract-faults.md', import.meta.url), 'utf8');
  expect(page, 'run `node contract-tests/mutants/write-table.ts`').toBe(renderTable(caughtBy));
});
