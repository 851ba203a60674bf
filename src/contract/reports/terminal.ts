import type { CaseResult, ContractResult, Finding } from '../result.ts';
import { outcomes } from '../vocabulary.ts';
import { toRepetitionLines } from './repetition.ts';

/** One case as a line, when it has ended. */
export const renderProgress = ({ outcome, id, requirement, message }: CaseResult): string => {
  const reason = outcome === 'skip' ? ` (skipped: ${message})` : '';
  return `${outcome.padEnd(16)} ${id.padEnd(13)} ${requirement}${reason}`;
};

/** A screen, however much a target answers; a terminal that is wider is given longer lines. */
export type Screen = { readonly lines: number; readonly columns: number };
const usualScreen: Screen = { lines: 24, columns: 120 };

/**
 * What a run has come to, on one screen: a finding for each broken rule, the worst first, as far as there is room; what
 * was not tried; the verdict. Reports have the rest.
 */
export const renderEnd = (result: ContractResult, { lines, columns } = usualScreen): string => {
  const { cases, findings, message } = result;
  if (cases.length === 0) return message;
  const closing = renderClosing(result).map((line) => fitted(line, columns));
  // Besides these, how many there are more, an empty line, the verdict on two, and the prompt.
  const told = firstThatFit(
    findings.map((finding) => renderFinding(finding, columns)),
    { lines: lines - closing.length - 5, columns },
  );
  const untold = findings.slice(told.length);
  return [
    ...told.flat(),
    ...(untold.length === 0 ? [] : [fitted(`and ${summed(untold)}: see --verbose or --report-dir`, columns)]),
    ...(findings.length === 0 ? [] : ['']),
    ...closing,
    // Last, and whole: what a script or a reader looks for.
    message,
  ].join('\n');
};

/** For readers who want all: each case that has something to say, with what was expected and what came. */
export const renderDetail = (result: ContractResult): string =>
  result.cases
    .filter(({ outcome }) => worthTelling.includes(outcome))
    .flatMap(renderCase)
    .concat('')
    .join('\n');

const worthTelling: readonly string[] = ['error', 'fail', 'warn', 'known-difference', 'info'];

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

const renderFinding = (finding: Finding, columns: number): readonly string[] => {
  const { outcome, rule, operations, expected, came, repetition } = finding;
  const where = operations.length === 0 ? '' : `${operations.join(', ')}: `;
  const [history = '', command = ''] = repetition === undefined ? [] : toRepetitionLines(repetition);
  return [
    fitted(`${outcome.toUpperCase().padEnd(5)} ${rule} (${renderCases(finding)})`, columns),
    fitted(`      ${where}${expected === '' ? came : `expected ${expected}; came ${came}`}`, columns),
    // Whole, however many lines it takes: it is for being copied.
    ...(command === '' ? [] : [fitted(`      ${history}`, linesOfHistory * columns), `      ${command}`]),
  ];
};

const linesOfHistory = 3;

const shownCases = 3;

const renderCases = ({ cases }: Finding): string => {
  const more = cases.length - shownCases;
  return `${cases.slice(0, shownCases).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};

const summed = (findings: readonly Finding[]): string =>
  outcomes
    .map((outcome) => [findings.filter((one) => one.outcome === outcome).length, outcome] as const)
    .filter(([count]) => count > 0)
    .map(([count, outcome]) => `${count} more of ${outcome}`)
    .join(', ');

const renderClosing = (result: ContractResult): readonly string[] => {
  const { untried, leftovers, defects, warnings, counts, durationMs } = result;
  const numbers = outcomes.filter((outcome) => counts[outcome] > 0).map((outcome) => `${counts[outcome]} ${outcome}`);
  return [
    ...warnings.map((warning) => `warning: ${warning}`),
    ...firstOf(untried, ({ reason, cases }) => `not tried, as ${reason}: ${cases.length} (${cases.join(', ')})`),
    ...firstOf(leftovers, (left) => `left behind: ${left.instance ?? 'unknown'} of ${left.container}: ${left.reason}`),
    ...(defects.length === 0
      ? []
      : [`Defects of the public description met, not charged: ${defects.map(({ number }) => number).join(', ')}`]),
    ...(numbers.length === 0 ? [] : [`${numbers.join(', ')} in ${(durationMs / 1_000).toFixed(1)} s`]),
  ];
};

const mostOfAKind = 3;

const firstOf = <Item>(items: readonly Item[], render: (item: Item) => string): readonly string[] => {
  const lines = items.slice(0, mostOfAKind).map(render);
  return items.length > mostOfAKind ? [...lines, `and ${items.length - mostOfAKind} more like that`] : lines;
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
