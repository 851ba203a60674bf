import { counted } from '../kit/counted.ts';
import { type CaseResult, type ContractResult, type Finding, type Outcome, outcomes } from '../model/result.ts';
import { escapeCell } from './escape.ts';
import { toRepetitionLines } from './repetition.ts';

const row = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => [
  row(head),
  row(head.map(() => '---')),
  ...rows.map(row),
];

/** The result as Markdown, for a job summary or a comment. */
export const toSummary = (result: ContractResult): string => {
  const { verdict, message, exitCode, target, settings, suite, counts, cases, findings, untried } = result;
  const { defects, leftovers, warnings } = result;
  const having = (...wanted: readonly Outcome[]): readonly CaseResult[] =>
    cases.filter(({ outcome }) => wanted.includes(outcome));
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ['', `### ${title}`, '', ...lines];
  const told = (outcome: Outcome): readonly string[] => {
    const rows = findings.filter((one) => one.outcome === outcome).map(toRow);
    return rows.length === 0 ? [] : table(['rule', 'cases', 'expected', 'came first'], rows);
  };
  return [
    `## Scheduler contract: ${verdict}`,
    '',
    `${message} (exit code ${exitCode})`,
    '',
    ...warnings.flatMap((warning) => [`**Warning:** ${warning}`, '']),
    `Target ${target.url}, level ${String(settings['level'])}, ${(result.durationMs / 1_000).toFixed(1)} s, ${result.startedAt}, suite ${suite.version}, API ${suite.apiVersion}.`,
    '',
    ...table([...outcomes], [outcomes.map((outcome) => String(counts[outcome]))]),
    ...section('Contract broken', told('fail')),
    ...section('The suite’s own faults', told('error')),
    ...section('Differs from what is inferred', told('warn')),
    ...section('To see again what random histories have found', findings.flatMap(toRepetition)),
    ...section('Differs from the emulator, where nothing public says', told('info')),
    ...section('Known differences', told('known-difference')),
    ...section(
      'Not tried',
      untried.map(({ reason, cases: ids }) => `- ${reason}: ${ids.join(', ')}`),
    ),
    ...section('Left out', skips(having('skip'))),
    ...section(
      'Left behind',
      leftovers.map(
        ({ container, instance, reason }) => `- instance ${instance ?? 'unknown'} of ${container}: ${reason}`,
      ),
    ),
    ...section(
      'Defects of the public description, not charged to the target',
      defects.map(
        ({ number, defect, cases: ids }) => `- **${number}** ${defect} Met in ${counted(ids.length, 'case')}.`,
      ),
    ),
    '',
  ].join('\n');
};

const shownCases = 8;

/** Reports beside this one have all of it. */
const longestCell = 300;

const toRow = ({ rule, operations, cases, expected, came }: Finding): readonly string[] => {
  const more = cases.length > shownCases ? ' …' : '';
  const where = operations.length === 0 ? '' : ` (${operations.join(', ')})`;
  const cut = (text: string): string => (text.length > longestCell ? `${text.slice(0, longestCell)}…` : text);
  return [
    `${rule}${where}`,
    `${cases.length}: ${cases.slice(0, shownCases).join(', ')}${more}`,
    cut(expected),
    cut(came),
  ];
};

const toRepetition = ({ rule, repetition }: Finding): readonly string[] => {
  if (repetition === undefined) return [];
  const [history = '', command = ''] = toRepetitionLines(repetition);
  return [`- ${escapeCell(`${rule} ${history}`)}`, '', '  ```sh', `  ${command}`, '  ```', ''];
};

/** One line for each reason. */
const skips = (cases: readonly CaseResult[]): readonly string[] =>
  [...new Set(cases.map(({ message }) => message))].map((reason) => {
    const ids = cases.filter(({ message }) => message === reason).map(({ id }) => id);
    return `- ${reason}: ${ids.join(', ')}`;
  });
