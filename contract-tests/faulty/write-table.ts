// Runs the whole contract against every fault and writes down which case catches it: `node contract-tests/faulty/write-table.ts`.
// Names of faults, or their beginnings, as arguments restrict it to these and write nothing, but show all objections.
import { writeFile } from 'node:fs/promises';
import pLimit from 'p-limit';
import { type CaughtBy, caughtByFile } from './caught-by.ts';
import { faults } from './faults/all.ts';
import type { Fault } from './faults/fault.ts';
import { renderTable } from './render-table.ts';
import { findCatchers, runTrial } from './trial.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** The first that also catches it alone, so that it does not depend on what ran before. */
const findLoneCatcher = async (fault: Fault, candidates: readonly string[]): Promise<string | null> => {
  for (const id of candidates.slice(0, 5)) {
    if (findCatchers(fault, await runTrial(fault, { only: [id] })).includes(id)) return id;
  }
  return null;
};

const tryOut = async (fault: Fault): Promise<{ catcher: string | null; summary: string }> => {
  const trial = await runTrial(fault);
  const { verdict, durationMs, cases } = trial.result;
  const catcher = await findLoneCatcher(fault, findCatchers(fault, trial));
  const { fail, warn, info } = trial.objections;
  const errors = cases.filter(({ outcome }) => outcome === 'error').map(({ id, message }) => `${id}: ${message}`);
  const objections = `fail ${fail} · warn ${warn} · info ${info}`;
  const told = errors.length > 0 ? ` SUITE ERROR ${errors.join('; ')}` : '';
  const judged = catcher ?? `NOT CAUGHT (${fault.expect} expected)`;
  return { catcher, summary: `${fault.name}: ${judged} | ${verdict}, ${durationMs} ms | ${objections}${told}` };
};

const wanted = process.argv.slice(2);
const chosen = faults.filter(({ name }) => wanted.length === 0 || wanted.some((start) => name.startsWith(start)));
const limit = pLimit(6);
const found: CaughtBy = Object.fromEntries(
  await Promise.all(
    chosen.map((fault) =>
      limit(async () => {
        const { catcher, summary } = await tryOut(fault);
        say(summary);
        return [fault.name, catcher ?? ''] as const;
      }),
    ),
  ),
);
const uncaught = Object.keys(found).filter((name) => found[name] === '');
say(`${chosen.length - uncaught.length} of ${chosen.length} faults are caught.`);
for (const name of uncaught) say(`Not caught: ${name}`);
if (wanted.length === 0) {
  await writeFile(caughtByFile, `${JSON.stringify(found, null, 2)}\n`);
  await writeFile(new URL('../../docs/contract-faults.md', import.meta.url), renderTable(found));
}
if (uncaught.length > 0) process.exitCode = 1;
