import {
  type CaseResult,
  type Check,
  type Exploration,
  type Finding,
  type Outcome,
  outcomeOfBroken,
  outcomes,
} from '../model/result.ts';

/**
 * What is wrong with a target, one entry for each broken rule: a cause that a hundred cases meet is one finding. The
 * worst first; among equals the one met first, which is nearest to the cause.
 */
export const collectFindings = (cases: readonly CaseResult[]): readonly Finding[] => {
  const byRule = new Map<string, Finding>();
  for (const one of cases) {
    for (const found of findingsOf(one)) {
      const key = JSON.stringify([found.outcome, found.rule]);
      const before = byRule.get(key);
      if (before === undefined) byRule.set(key, found);
      else byRule.set(key, merge(before, found));
    }
  }
  return [...byRule.values()].sort((a, b) => outcomes.indexOf(a.outcome) - outcomes.indexOf(b.outcome));
};

const merge = (before: Finding, { checks, cases, operations, repetition }: Finding): Finding => ({
  ...before,
  ...(repetition === undefined ? {} : { repetition }),
  checks: before.checks + checks,
  cases: [...new Set([...before.cases, ...cases])],
  operations: [...new Set([...before.operations, ...operations])],
});

const findingsOf = (one: CaseResult): readonly Finding[] => {
  const broken = one.checks.filter(({ met }) => !met);
  // An accepted deviation is one, strong or weak; of the suite's own faults the case's message says all.
  const isWhole = one.outcome === 'known-difference' || one.outcome === 'error' || broken.length === 0;
  if (!isWhole) return broken.map((check) => toFinding(one, check));
  const isShown: readonly Outcome[] = ['error', 'fail', 'warn', 'known-difference', 'info'];
  if (!isShown.includes(one.outcome)) return [];
  const { id, outcome, evidence, message, requirement } = one;
  const rule = outcome === 'error' ? message : requirement;
  const came = outcome === 'error' ? '' : message;
  return [{ outcome, evidence, rule, operations: [], cases: [id], checks: 1, expected: '', came }];
};

const toFinding = ({ id, exploration }: CaseResult, { evidence, rule, expected, came, operation }: Check): Finding => ({
  outcome: outcomeOfBroken[evidence],
  evidence,
  rule,
  operations: operation === undefined ? [] : [operation],
  cases: [id],
  checks: 1,
  expected,
  came,
  ...toRepetition(exploration, rule),
});

const toRepetition = (exploration: Exploration | undefined, broken: string): Pick<Finding, 'repetition'> => {
  const found = exploration?.contradictions.find(({ rule }) => rule === broken);
  if (found === undefined) return {};
  const { seen, history, command } = found;
  return { repetition: { seen, history, command } };
};
