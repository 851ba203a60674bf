import { allCases } from '../suites/all.ts';
import { mutantGroups, mutants } from './all.ts';
import type { CaughtBy } from './caught-by.ts';
import type { Mutant } from './mutant.ts';

/** docs/contract-faults.md. */
export const renderTable = (caughtBy: CaughtBy): string =>
  [
    '# What the contract suite has been tried on',
    '',
    `${mutants.length} schedulers that are wrong on purpose, each in one way, and the first case of the suite that says so.`,
    'They are variants of a small scheduler which keeps the whole contract (`contract-tests/reference/`) and shares no',
    'code with the emulator. The column *at least* tells how strongly the suite has to object: `fail` where the public',
    'documentation is broken, `warn` where something inferred does not hold, `info` where nothing public decides and the',
    'report only has to show it.',
    '',
    'Written by `node contract-tests/mutants/write-table.ts`; `contract-tests/mutants/mutants.test.ts` holds it true.',
    ...Object.entries(mutantGroups).flatMap(([group, members]) => [
      '',
      `## ${group}`,
      '',
      ...renderGroup(members, caughtBy),
    ]),
    '',
  ].join('\n');

const renderGroup = (members: readonly Mutant[], caughtBy: CaughtBy): readonly string[] => [
  '| fault | what is wrong | at least | caught by |',
  '|---|---|---|---|',
  ...members.map(
    ({ name, description, expect }) =>
      `| ${name} | ${escapeCell(description)} | ${expect} | ${escapeCell(describeCase(caughtBy[name] ?? ''))} |`,
  ),
];

const describeCase = (id: string): string => {
  const found = allCases.find((contractCase) => contractCase.id === id);
  return found ? `${id}: ${found.requirement}` : '**nothing**';
};

const escapeCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
