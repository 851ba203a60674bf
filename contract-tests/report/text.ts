import { counted } from '../model/json.ts';
import { type CaseResult, type ContractResult, type Finding, type Outcome, outcomes } from '../model/result.ts';
import { toRepetitionLines } from './markup.ts';

/** One case as a line, when it has ended. */
export const renderProgress = ({ outcome, id, requirement, message }: CaseResult): string => {
  const reason = outcome === 'skip' ? ` (skipped: ${message})` : '';
  return `${outcome.padEnd(16)} ${id.padEnd(13)} ${requirement}${reason}`;
};

/** A screen, however much a target answers; a terminal that is wider is given longer lines. */
export type Screen = { readonly lines: number; readonly columns: number };
const usualScreen: Screen = { lines: 24, columns: 120 };
/** For readers who scroll: nothing is left out, and no line is cut. */
export const wholeScreen: Screen = { lines: Number.POSITIVE_INFINITY, columns: Number.POSITIVE_INFINITY };

/** How many of a kind are named on a line or in a list. */
const mostOfAKind = ({ lines }: Screen): number => (Number.isFinite(lines) ? 3 : Number.POSITIVE_INFINITY);

/**
 * What a run has come to, on one screen: a finding for each broken rule, the worst first, as far as there is room; what
 * was not tried; the verdict. Reports have the rest.
 */
export const renderEnd = (result: ContractResult, screen = usualScreen): string => {
  const { cases, findings, message } = result;
  const { lines, columns } = screen;
  const most = mostOfAKind(screen);
  if (cases.length === 0) return message;
  const closing = renderClosing(result, most).map((line) => fitted(line, columns));
  // Besides these, how many there are more, an empty line, the verdict on two, and the prompt.
  const shown = firstThatFit(
    findings.map((finding) => renderFinding(finding, most, columns)),
    { lines: lines - closing.length - 5, columns },
  );
  const others = findings.slice(shown.length);
  return [
    ...shown.flat(),
    ...(others.length === 0 ? [] : [fitted(`and ${summed(others)}: see --verbose or --report-dir`, columns)]),
    ...(findings.length === 0 ? [] : ['']),
    ...closing,
    // Last, and whole: what a script or a reader looks for.
    message,
  ].join('\n');
};

/** For readers who want all: each case that has something to say, with what was expected and what came. */
export const renderDetail = (result: ContractResult): string =>
  result.cases
    .filter(({ outcome }) => worthShowing.includes(outcome))
    .flatMap(renderCase)
    .concat('')
    .join('\n');

const worthShowing: readonly string[] = ['error', 'fail', 'warn', 'known-difference', 'info'];

/** The first of them that have room, one at least. */
const firstThatFit = (findings: readonly (readonly string[])[], { lines, columns }: Screen): typeof findings => {
  const heightOf = (line: string): number => Math.ceil(line.length / columns);
  let height = 0;
  const firstTooLow = findings.findIndex((finding, index) => {
    height += finding.reduce((sum, line) => sum + heightOf(line), 0);
    return height > lines && index > 0;
  });
  return firstTooLow === -1 ? findings : findings.slice(0, firstTooLow);
};

const renderFinding = (finding: Finding, most: number, columns: number): readonly string[] => {
  const { outcome, rule, operations, cases: ids, expected, came, repetition } = finding;
  const where = operations.length === 0 ? '' : `${operations.join(', ')}: `;
  // The cases are what a reader looks up: of the two the rule is cut.
  const cases = ` (${renderIds(ids, most)})`;
  const [history = '', command = ''] = repetition === undefined ? [] : toRepetitionLines(repetition);
  const head = `${fitted(`${outcome.toUpperCase().padEnd(5)} ${rule}`, Math.max(shortestRule, columns - cases.length))}${cases}`;
  return [
    fitted(head, columns),
    fitted(`      ${where}${expected === '' ? came : `expected ${expected}; came ${came}`}`, columns),
    // Whole, however many lines it takes: it is for being copied.
    ...(command === '' ? [] : [fitted(`      ${history}`, linesOfHistory * columns), `      ${command}`]),
  ];
};

const linesOfHistory = 3;
const shortestRule = 30;

const renderIds = (ids: readonly string[], most: number): string => {
  const more = ids.length - most;
  return `${ids.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};

const summed = (findings: readonly Finding[]): string =>
  outcomes
    .map((outcome) => [findings.filter((one) => one.outcome === outcome).length, outcome] as const)
    .filter(([count]) => count > 0)
    .map(([count, outcome]) => `${count} more of ${outcome}`)
    .join(', ');

const renderClosing = (result: ContractResult, most: number): readonly string[] => {
  const { untried, leftovers, defects, warnings, counts, durationMs } = result;
  const skipped = groupSkipped(result.cases);
  const numbers = outcomes.filter((outcome) => counts[outcome] > 0).map((outcome) => `${counts[outcome]} ${outcome}`);
  return [
    ...warnings.map((warning) => `warning: ${warning}`),
    ...firstOf(untried, most, ({ reason, cases }) => `not tried, as ${reason}: ${cases.length} (${cases.join(', ')})`),
    ...firstOf(skipped, most, ([reason, ids]) => `skipped, ${ids.length}: ${reason} (${renderIds(ids, most)})`),
    ...firstOf(leftovers, most, (left) => `left behind: ${left.instance} of ${left.container}: ${left.reason}`),
    ...(defects.length === 0
      ? []
      : [`Defects of the public description met, not charged: ${defects.map(({ number }) => number).join(', ')}`]),
    ...(numbers.length === 0 ? [] : [`${numbers.join(', ')} in ${(durationMs / 1_000).toFixed(1)} s`]),
  ];
};

/** By reason, the most frequent first. */
const groupSkipped = (cases: readonly CaseResult[]): readonly (readonly [string, readonly string[]])[] => {
  const byReason = Map.groupBy(
    cases.filter(({ outcome }) => outcome === 'skip'),
    ({ message }) => message,
  );
  return [...byReason]
    .map(([reason, some]) => [reason, some.map(({ id }) => id)] as const)
    .sort(([, one], [, other]) => other.length - one.length);
};

const firstOf = <Item>(items: readonly Item[], most: number, render: (item: Item) => string): readonly string[] => {
  const lines = items.slice(0, most).map(render);
  return items.length > most ? [...lines, `and ${items.length - most} more like that`] : lines;
};

/** On one line of the terminal: what came may have lines of its own. */
const fitted = (text: string, columns: number): string => {
  const line = text.trimEnd().replaceAll(/\s*[\r\n]+\s*/g, ' ');
  return line.length > columns ? `${line.slice(0, columns - 1)}…` : line;
};

const renderCase = ({ outcome, id, requirement, message, checks, exploration }: CaseResult): readonly string[] => {
  const broken = checks.filter(({ met }) => !met);
  return [
    '',
    `${outcome.toUpperCase()} ${id} ${requirement}`,
    ...(broken.length === 0 || outcome === 'known-difference' ? [`  ${message}`] : []),
    ...broken.flatMap(({ evidence, rule, expected, came, operation }) => [
      `  ${operation === undefined ? '' : `${operation}: `}${rule} (${evidence})`,
      `    expected ${expected}`,
      `    came     ${came}`,
    ]),
    ...(exploration?.contradictions ?? []).flatMap(toRepetitionLines).map((line) => `    ${line}`),
  ];
};

/** Text for a cell of a Markdown table, on one line. */
const escapeCell = (text: string): string =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replaceAll(/\s*\n\s*/g, ' ');

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
  const tableOf = (outcome: Outcome): readonly string[] => {
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
    ...section('Contract broken', tableOf('fail')),
    ...section('The suite’s own faults', tableOf('error')),
    ...section('Differs from what is inferred', tableOf('warn')),
    ...section('To see again what random histories have found', findings.flatMap(toRepetition)),
    ...section('Differs from the emulator, where nothing public says', tableOf('info')),
    ...section('Known differences', tableOf('known-difference')),
    ...section(
      'Not tried',
      untried.map(({ reason, cases: ids }) => `- ${reason}: ${ids.join(', ')}`),
    ),
    ...section('Left out', skips(having('skip'))),
    ...section(
      'Left behind',
      leftovers.map(({ container, instance, reason }) => `- instance ${instance} of ${container}: ${reason}`),
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
