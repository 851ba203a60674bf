// Runs the whole contract against every mutant and writes down which case catches it: `node contract-tests/mutants/write-table.ts`.
// Names of mutants, or their beginnings, as arguments restrict it to these; of all others stays what is written.
import { writeFile } from 'node:fs/promises';
import pLimit from 'p-limit';
import { allCases } from '../suites/all.ts';
import { mutants } from './all.ts';
import { type CaughtBy, caughtByFile, loadCaughtBy } from './caught-by.ts';
import type { Mutant } from './mutant.ts';
import { renderTable } from './render-table.ts';
import { findCatchers, runAlone, runTrial } from './trial.ts';

/** The case that catches each of the mutants; empty where none does. */
export const findCaughtBy = async (chosen: readonly Mutant[], say: (line: string) => void): Promise<CaughtBy> => {
  const limit = pLimit(6);
  const candidates = await Promise.all(chosen.map((mutant) => limit(findCandidates, mutant, say)));
  const breadth = new Map<string, number>();
  for (const id of candidates.flat()) breadth.set(id, (breadth.get(id) ?? 0) + 1);
  const isContentAlone = createContentment();
  const catchers = await Promise.all(
    chosen.map((mutant, index) => {
      const byBreadth = (candidates[index] ?? []).toSorted(
        (one, other) => (breadth.get(one) ?? 0) - (breadth.get(other) ?? 0),
      );
      return limit(chooseCatcher, mutant, byBreadth, isContentAlone);
    }),
  );
  return Object.fromEntries(chosen.map(({ name }, index) => [name, catchers[index] ?? '']));
};

/** All cases that object strongly enough when the whole contract is run. */
const findCandidates = async (mutant: Mutant, say: (line: string) => void): Promise<readonly string[]> => {
  const trial = await runTrial(mutant);
  const { fail, warn, info } = trial.objections;
  const { verdict, durationMs, cases } = trial.result;
  const errors = cases
    .filter(({ outcome }) => outcome === 'error')
    .map(({ id, message }) => ` ERROR ${id}: ${message}`);
  say(`${mutant.name}: ${verdict}, ${durationMs} ms, fail [${fail}], warn [${warn}], info [${info}]${errors.join('')}`);
  return findCatchers(mutant, trial);
};

/**
 * The one that objects to the fewest mutants, so that it is about this one; and alone, so that nothing before it matters.
 * Others are tried last: a mutant that has used up the pool keeps later cases from being run at all.
 */
const chooseCatcher = async (
  mutant: Mutant,
  candidates: readonly string[],
  isContentAlone: (id: string) => Promise<boolean>,
): Promise<string | null> => {
  for (const id of new Set([...candidates, ...allCases.map((contractCase) => contractCase.id)])) {
    if (!(await isContentAlone(id))) continue;
    if (findCatchers(mutant, await runAlone(mutant, id)).includes(id)) return id;
  }
  return null;
};

/** Tells whether a case, on its own, has nothing against the scheduler without a mutant. */
const createContentment = (): ((id: string) => Promise<boolean>) => {
  const known = new Map<string, Promise<boolean>>();
  return (id) => {
    const answer = known.get(id) ?? runAlone(null, id).then(({ result }) => result.counts.pass === result.cases.length);
    known.set(id, answer);
    return answer;
  };
};

if (import.meta.main) {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const wanted = process.argv.slice(2);
  const chosen = mutants.filter(({ name }) => wanted.length === 0 || wanted.some((start) => name.startsWith(start)));
  const found = await findCaughtBy(chosen, say);
  for (const [name, id] of Object.entries(found)) say(`${name}: ${id || 'NOT CAUGHT'}`);
  const written = await loadCaughtBy();
  const caughtBy: CaughtBy = Object.fromEntries(mutants.map(({ name }) => [name, found[name] ?? written[name] ?? '']));
  await writeFile(caughtByFile, `${JSON.stringify(caughtBy, null, 2)}\n`);
  await writeFile(new URL('../../docs/contract-faults.md', import.meta.url), renderTable(caughtBy));
  if (Object.values(found).includes('')) process.exitCode = 1;
}
