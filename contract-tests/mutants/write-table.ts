// Runs the whole contract against every fault and writes down which case catches it: `node contract-tests/mutants/write-table.ts`.
// Names of faults, or their beginnings, as arguments restrict it to these; of all others stays what is written.
import { writeFile } from 'node:fs/promises';
import pLimit from 'p-limit';
import { allCases } from '../suites/all.ts';
import { faults } from './all.ts';
import { type CaughtBy, caughtByFile, loadCaughtBy } from './caught-by.ts';
import type { Fault } from './fault.ts';
import { renderTable } from './render-table.ts';
import { findCatchers, runAlone, runTrial } from './trial.ts';

/** The case that catches each of the faults; empty where none does. */
export const findCaughtBy = async (chosen: readonly Fault[], say: (line: string) => void): Promise<CaughtBy> => {
  const limit = pLimit(6);
  const candidates = await Promise.all(chosen.map((fault) => limit(findCandidates, fault, say)));
  const breadth = new Map<string, number>();
  for (const id of candidates.flat()) breadth.set(id, (breadth.get(id) ?? 0) + 1);
  const isContentAlone = createContentment();
  const catchers = await Promise.all(
    chosen.map((fault, index) => {
      const byBreadth = (candidates[index] ?? []).toSorted(
        (one, other) => (breadth.get(one) ?? 0) - (breadth.get(other) ?? 0),
      );
      return limit(chooseCatcher, fault, byBreadth, isContentAlone);
    }),
  );
  return Object.fromEntries(chosen.map(({ name }, index) => [name, catchers[index] ?? '']));
};

/** All cases that object strongly enough when the whole contract is run. */
const findCandidates = async (fault: Fault, say: (line: string) => void): Promise<readonly string[]> => {
  const trial = await runTrial(fault);
  const { fail, warn, info } = trial.objections;
  const { verdict, durationMs, cases } = trial.result;
  const errors = cases
    .filter(({ outcome }) => outcome === 'error')
    .map(({ id, message }) => ` ERROR ${id}: ${message}`);
  say(`${fault.name}: ${verdict}, ${durationMs} ms, fail [${fail}], warn [${warn}], info [${info}]${errors.join('')}`);
  return findCatchers(fault, trial);
};

/**
 * The one that objects to the fewest faults, so that it is about this one; and alone, so that nothing before it matters.
 * Others are tried last: a fault that has used up the pool keeps later cases from being run at all.
 */
const chooseCatcher = async (
  fault: Fault,
  candidates: readonly string[],
  isContentAlone: (id: string) => Promise<boolean>,
): Promise<string | null> => {
  for (const id of new Set([...candidates, ...allCases.map((contractCase) => contractCase.id)])) {
    if (!(await isContentAlone(id))) continue;
    if (findCatchers(fault, await runAlone(fault, id)).includes(id)) return id;
  }
  return null;
};

/** Tells whether a case, on its own, has nothing against the scheduler without a fault. */
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
  const chosen = faults.filter(({ name }) => wanted.length === 0 || wanted.some((start) => name.startsWith(start)));
  const found = await findCaughtBy(chosen, say);
  for (const [name, id] of Object.entries(found)) say(`${name}: ${id || 'NOT CAUGHT'}`);
  const written = await loadCaughtBy();
  const caughtBy: CaughtBy = Object.fromEntries(faults.map(({ name }) => [name, found[name] ?? written[name] ?? '']));
  await writeFile(caughtByFile, `${JSON.stringify(caughtBy, null, 2)}\n`);
  await writeFile(new URL('../../docs/contract-faults.md', import.meta.url), renderTable(caughtBy));
  if (Object.values(found).includes('')) process.exitCode = 1;
}
