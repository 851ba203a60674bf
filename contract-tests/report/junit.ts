import type { CaseResult, ContractResult } from '../model/result.ts';
import { escapeMarkup, toRepetitionLines } from './markup.ts';

/** The result as JUnit XML: CI systems look for the elements `failure`, `skipped` and `error`, not for attributes. */
export const toJunit = (result: ContractResult): string => {
  // Never begun, for the run ended before: to a reader of JUnit they are skipped, and not left out.
  const begun = new Set(result.cases.map(({ id }) => id));
  const unbegun = result.untried.flatMap(({ reason, cases: ids }) =>
    ids.filter((id) => !begun.has(id)).map((id) => toUnbegun(id, reason)),
  );
  const cases = [...result.cases, ...unbegun];
  const suites = [...new Set(cases.map(topicOf))];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="cycle-scheduler contract" ${totals(cases, result)} time="${seconds(result.durationMs)}">`,
    ...suites.flatMap((topic) => toSuite({ ...result, cases }, topic)),
    '</testsuites>',
    '',
  ].join('\n');
};

const toUnbegun = (id: string, message: string): CaseResult => ({
  ...{ id, message, requirement: 'Not tried.', evidence: 'documented', level: 'probe', operations: [] },
  ...{ outcome: 'skip', durationMs: 0, checks: [], steps: [], defects: [] },
});

const topicOf = ({ id }: CaseResult): string => id.replace(/-\d+$/, '');

const seconds = (ms: number): string => (ms / 1_000).toFixed(3);

const isFailure = ({ outcome }: CaseResult, { settings }: ContractResult): boolean =>
  outcome === 'fail' || (settings['strict'] === true && (outcome === 'warn' || outcome === 'info'));

const totals = (cases: readonly CaseResult[], result: ContractResult): string => {
  const count = (isMeant: (one: CaseResult) => boolean): number => cases.filter(isMeant).length;
  const failures = count((one) => isFailure(one, result));
  const errors = count(({ outcome }) => outcome === 'error');
  const skipped = count(({ outcome }) => outcome === 'skip');
  return `tests="${cases.length}" failures="${failures}" errors="${errors}" skipped="${skipped}"`;
};

const toSuite = (result: ContractResult, topic: string): readonly string[] => {
  const cases = result.cases.filter((one) => topicOf(one) === topic);
  const time = seconds(cases.reduce((sum, { durationMs }) => sum + durationMs, 0));
  return [
    `  <testsuite name="${topic}" ${totals(cases, result)} time="${time}" timestamp="${result.startedAt.replace(/\..*$/, '')}">`,
    '    <properties>',
    ...Object.entries(result.settings).map(
      ([name, value]) =>
        `      <property name="${escapeMarkup(name)}" value="${escapeMarkup(typeof value === 'string' ? value : JSON.stringify(value))}"/>`,
    ),
    '    </properties>',
    ...cases.map((one) => toCase(one, result)),
    '  </testsuite>',
  ];
};

const toCase = (one: CaseResult, result: ContractResult): string => {
  const name = escapeMarkup(`${one.id} ${one.requirement}`);
  const open = `    <testcase classname="contract.${topicOf(one)}" name="${name}" time="${seconds(one.durationMs)}"`;
  const inner = toChild(one, result);
  return inner === '' ? `${open}/>` : `${open}>\n      ${inner}\n    </testcase>`;
};

const toChild = (one: CaseResult, result: ContractResult): string => {
  const message = escapeMarkup(one.message);
  if (one.outcome === 'error') return `<error message="${message}" type="suite"/>`;
  if (one.outcome === 'skip') return `<skipped message="${message}"/>`;
  if (isFailure(one, result)) return `<failure message="${message}" type="${one.evidence}">${toText(one)}</failure>`;
  // Warnings and notes have no element of their own in JUnit.
  if (one.outcome === 'pass') return '';
  return `<system-out>${escapeMarkup([`${one.outcome}: ${one.message}`, ...toRepetitions(one)].join('\n'))}</system-out>`;
};

const toText = (one: CaseResult): string => {
  const { checks, operations } = one;
  const broken = checks
    .filter(({ met }) => !met)
    .map(({ rule, expected, came, operation = operations.join(', ') }) =>
      [`rule: ${rule}`, `operation: ${operation}`, `expected: ${expected}`, `came: ${came}`].join('\n'),
    );
  return escapeMarkup([...broken, ...toRepetitions(one)].join('\n\n'));
};

const toRepetitions = ({ exploration }: CaseResult): readonly string[] =>
  (exploration?.contradictions ?? []).map((one) => [`to see again: ${one.rule}`, ...toRepetitionLines(one)].join('\n'));
