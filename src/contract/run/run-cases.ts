import type { ContractCase } from '../case.ts';
import { withKnownDifference } from '../known-differences.ts';
import type { KnownDifference, Progress } from '../options.ts';
import type { CaseResult } from '../result.ts';
import { runCase } from './run-case.ts';
import type { RunContext } from './run-context.ts';

type Reporting = {
  readonly knownDifferences: readonly KnownDifference[];
  readonly onProgress: (progress: Progress) => void;
};

/** Runs one case and tells about it. Its result holds no secrets. */
export const runAndTell = async (run: RunContext, one: ContractCase, reporting: Reporting): Promise<CaseResult> => {
  const { knownDifferences, onProgress } = reporting;
  onProgress({ type: 'case-started', id: one.id, requirement: one.requirement });
  const result = run.redaction.deep(withKnownDifference(await runCase(run, one), knownDifferences));
  onProgress({ type: 'case-ended', case: result });
  return result;
};

/**
 * The cases in groups that may run at the same time: one by one, but for those that only wait, where waiting takes real
 * time. They share as many instances as the run has seen; `instances` is asked for each group anew.
 */
export function* group(cases: readonly ContractCase[], isMovable: boolean, instances: () => number) {
  let waiting: ContractCase[] = [];
  let needed = 0;
  for (const one of cases) {
    const needs = one.waits?.instances ?? Number.POSITIVE_INFINITY;
    if (waiting.length > 0 && (isMovable || needed + needs > instances())) {
      yield waiting;
      waiting = [];
      needed = 0;
    }
    waiting.push(one);
    needed += needs;
  }
  if (waiting.length > 0) yield waiting;
}
