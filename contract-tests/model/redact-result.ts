import type { Redaction } from './redaction.ts';
import type { CaseResult, ContractResult, Finding, Step } from './result.ts';

// The suite's own words (verdicts, outcomes, IDs) are the same for every key, so they give none away, and programs read
// them. All other texts are redacted: what a target sends may stand in any of them.

/** A case's result as it may be shown; without exchanges where too little would be left of them to read. */
export const redactCase = (redaction: Redaction, one: CaseResult, hasExchanges: boolean): CaseResult => {
  const shown = redaction.deep(hasExchanges ? one : { ...one, steps: one.steps.map(withoutExchange) });
  const { id, evidence, level, operations, questions, outcome, defects } = one;
  return {
    ...shown,
    ...{ id, evidence, level, operations, ...(questions === undefined ? {} : { questions }), outcome, defects },
    checks: shown.checks.map((check, index) => ({ ...check, ...wordsOf(one.checks[index] ?? check) })),
    steps: shown.steps.map((step, index) => ({ ...step, operation: one.steps[index]?.operation ?? null })),
  };
};

const wordsOf = ({ evidence, operation }: CaseResult['checks'][number]) => ({
  evidence,
  ...(operation === undefined ? {} : { operation }),
});

const ofFinding = ({ outcome, evidence, operations, cases }: Finding) => ({ outcome, evidence, operations, cases });

const withoutExchange = (step: Step): Step => ({
  ...step,
  request: { ...step.request, headers: {}, body: null },
  response: step.response === null ? null : { ...step.response, headers: {}, body: '' },
});

/** The whole result as it may be shown. Its verdict, exit code and counts are those that were given. */
export const redactResult = (redaction: Redaction, result: ContractResult, hasExchanges: boolean): ContractResult => {
  const { cases, ...rest } = result;
  const { verdict, startedAt, suite, defects } = result;
  const shown = redaction.deep(rest);
  return {
    ...shown,
    ...{ verdict, startedAt, suite, defects },
    findings: shown.findings.map((finding, index) => ({ ...finding, ...ofFinding(result.findings[index] ?? finding) })),
    untried: shown.untried.map(({ reason }, index) => ({ reason, cases: result.untried[index]?.cases ?? [] })),
    leftovers: shown.leftovers.map((leftover, index) => ({
      ...leftover,
      phase: result.leftovers[index]?.phase ?? leftover.phase,
    })),
    cases: cases.map((one) => redactCase(redaction, one, hasExchanges)),
  };
};
