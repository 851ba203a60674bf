import { readFile } from 'node:fs/promises';
import pLimit from 'p-limit';
import { beforeAll, describe, expect, test } from 'vitest';
import { faultGroups, faults } from './all.ts';
import { loadCaughtBy } from './caught-by.ts';
import type { Fault } from './fault.ts';
import { renderTable } from './render-table.ts';
import { findCatchers, runAlone, runTrial, type Trial } from './trial.ts';
import { findCaughtBy } from './write-table.ts';

// The case that catches a fault is written down, so that each fault needs only that one here.
// `node contract-tests/mutants/write-table.ts` runs everything against everything and writes it anew.
const caughtBy = await loadCaughtBy();
const catcherOf = ({ name }: Fault): string => caughtBy[name] ?? '';

test('a scheduler without a fault conforms, with nothing left out', async () => {
  const { result, objections } = await runTrial(null);
  expect(result.message).toMatch(/conforms/);
  expect(result.exitCode).toBe(0);
  expect(objections).toEqual({ fail: [], warn: [], info: [] });
  expect(result.cases.filter(({ outcome }) => outcome !== 'pass')).toEqual([]);
  expect(result.leftovers).toEqual([]);
});

describe('with its fault', () => {
  // Trials wait more than they work: many at once take a fraction of the time, and none disturbs another.
  const limit = pLimit(10);
  const catchers = [...new Set(faults.map(catcherOf))].filter(Boolean);
  let withoutFault: ReadonlyMap<string, Promise<Trial>>;
  let withFault: ReadonlyMap<string, Promise<Trial>>;

  beforeAll(async () => {
    withoutFault = new Map(catchers.map((id) => [id, limit(() => runAlone(null, id))]));
    const caught = faults.filter((fault) => catcherOf(fault) !== '');
    withFault = new Map(caught.map((fault) => [fault.name, limit(() => runAlone(fault, catcherOf(fault)))]));
    // Each is awaited by its own test, which is where a failure belongs.
    await Promise.allSettled([...withoutFault.values(), ...withFault.values()]);
  });

  describe.each(Object.entries(faultGroups))('%s', (_group, members) => {
    test.each(members.map((fault) => [fault.name, catcherOf(fault), fault] as const))(
      '%s is caught by %s',
      async (name, catcher, fault) => {
        const trial = await withFault.get(name);
        if (trial === undefined) throw new Error(`no case is known to catch ${name}: run write-table.ts`);
        expect(trial.result.verdict).not.toBe('suite-error');
        expect(findCatchers(fault, trial)).toContain(catcher);
      },
    );
  });

  test.each(catchers)('%s objects to the fault alone, not to the scheduler', async (catcher) => {
    const trial = await withoutFault.get(catcher);
    expect(trial?.result.cases.filter(({ outcome }) => outcome !== 'pass')).toEqual([]);
  });
});

test('which case catches a fault is found by running everything', async () => {
  const name = 'key-in-the-query';
  const chosen = faults.filter((fault) => fault.name === name);
  expect(await findCaughtBy(chosen, () => {})).toEqual({ [name]: caughtBy[name] });
});

test('no two faults share a name', () => {
  expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
});

test('the table in the documentation says the same', async () => {
  const page = await readFile(new URL('../../docs/contract-faults.md', import.meta.url), 'utf8');
  expect(page, 'run `node contract-tests/mutants/write-table.ts`').toBe(renderTable(caughtBy));
});
