import type { CaseResult, ContractResult } from '../result.ts';
import { outcomes } from '../vocabulary.ts';

/** One case as a line, when it has ended. */
export const renderProgress = ({ outcome, id, requirement, message }: CaseResult): string => {
  const reason = outcome === 'skip' ? ` (skipped: ${message})` : '';
  return `${outcome.padEnd(16)} ${id.padEnd(13)} ${requirement}${reason}`;
};

const worthTelling: readonly string[] = ['error', 'fail', 'warn', 'known-difference', 'info'];

/** What is worth telling at the end: what was expected, what came, and the rule; then the verdict. */
export const renderEnd = (result: ContractResult): string => {
  const { cases, counts, defects, leftovers, message, durationMs } = result;
  if (cases.length === 0) return message;
  const told = cases.filter(({ outcome }) => worthTelling.includes(outcome));
  const numbers = outcomes.filter((outcome) => counts[outcome] > 0).map((outcome) => `${counts[outcome]} ${outcome}`);
  return [
    ...told.flatMap(renderCase),
    ...leftovers.map(
      ({ container, instance, reason }) => `left behind      ${instance ?? 'unknown'} of ${container}: ${reason}`,
    ),
    ...(defects.length === 0
      ? []
      : ['', `Defects of the public description met, not charged: ${defects.map(({ number }) => number).join(', ')}`]),
    '',
    ...(numbers.length === 0 ? [] : [`${numbers.join(', ')} in ${(durationMs / 1_000).toFixed(1)} s`]),
    message,
  ].join('\n');
};

const renderCase = ({ outcome, id, requirement, message, checks }: CaseResult): readonly string[] => {
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
  ];
};
