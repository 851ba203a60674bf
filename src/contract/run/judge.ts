import { counted } from '../counted.ts';
import { defects } from '../inspect/defects.ts';
import type { CaseResult, ContractResult, DefectNumber, DefectSighting, Leftover, Untried } from '../result.ts';
import { type Outcome, outcomes, type Verdict } from '../vocabulary.ts';

export type Judgement = { readonly verdict: Verdict; readonly message: string };

type Course = {
  readonly cases: readonly CaseResult[];
  readonly leftovers: readonly Leftover[];
  readonly untried: readonly Untried[];
  readonly isStrict: boolean;
  readonly isInterrupted: boolean;
  /** Why the target was given up in the middle; null where it was not. */
  readonly lost: string | null;
};

/** What a run comes to: the weightiest that can be said of it. */
export const judgeRun = ({ cases, leftovers, untried, isStrict, isInterrupted, lost }: Course): Judgement => {
  const counts = countOutcomes(cases);
  if (isInterrupted) return { verdict: 'interrupted', message: 'The run was stopped before its end.' };
  if (counts.error > 0)
    return { verdict: 'suite-error', message: `The suite itself failed in ${cased(counts.error)}.` };
  if (lost !== null) return { verdict: 'unreachable', message: lost };
  const broken = counts.fail + (isStrict ? counts.warn + counts.info : 0);
  const left = untried.reduce((sum, { cases: ids }) => sum + ids.length, 0);
  if (broken > 0) {
    const rest = left === 0 ? '' : ` ${cased(left)} ${left === 1 ? 'was' : 'were'} not tried.`;
    return { verdict: 'broken', message: `The scheduler breaks the contract in ${cased(broken)}.${rest}` };
  }
  if (left > 0) {
    const message = `Not all was tried, so it is not said that the scheduler conforms: ${cased(left)} left out, ${cased(counts.pass)} passed.`;
    return { verdict: 'incomplete', message };
  }
  if (!cases.some(saysSomething)) {
    return { verdict: 'nothing-said', message: 'No documented case ran, so nothing is said about the scheduler.' };
  }
  if (leftovers.length > 0) {
    const message = `The contract holds, but ${counted(leftovers.length, 'claim')} could not be given back. Run cycle-scheduler contract cleanup.`;
    return { verdict: 'leftovers', message };
  }
  const remarks = counts.warn + counts.info;
  const but = remarks === 0 ? '' : ` It differs in ${cased(remarks)} that nothing documents.`;
  return {
    verdict: 'conforms',
    message: `The scheduler conforms: it keeps the contract in ${cased(counts.pass)}.${but}`,
  };
};

/** The cases that the run has given up and, where it ended early, those that it did not come to. */
export const collectUntried = (
  chosen: readonly { readonly id: string }[],
  results: readonly CaseResult[],
  givenUp: ReadonlyMap<string, string>,
  endedBy: string | null,
): readonly Untried[] => {
  const begun = new Set(results.map(({ id }) => id));
  const reasonOf = (id: string): string | undefined =>
    givenUp.get(id) ?? (endedBy !== null && !begun.has(id) ? endedBy : undefined);
  const byReason = Map.groupBy(chosen, ({ id }) => reasonOf(id));
  return [...byReason].flatMap(([reason, cases]) =>
    reason === undefined ? [] : [{ reason, cases: cases.map(({ id }) => id) }],
  );
};

const cased = (count: number): string => counted(count, 'case');

const saysSomething = ({ evidence, outcome, checks }: CaseResult): boolean =>
  outcome !== 'skip' && (evidence === 'documented' || checks.some((check) => check.evidence === 'documented'));

export const countOutcomes = (cases: readonly CaseResult[]): ContractResult['counts'] => {
  const counts = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  for (const { outcome } of cases) counts[outcome] += 1;
  return counts;
};

/** The defects of the description that cases have met. */
export const collectDefects = (cases: readonly CaseResult[]): readonly DefectSighting[] =>
  (Object.keys(defects) as DefectNumber[]).flatMap((number) => {
    const ids = cases.filter((one) => one.defects.includes(number)).map(({ id }) => id);
    return ids.length === 0 ? [] : [{ number, defect: defects[number], cases: ids }];
  });
