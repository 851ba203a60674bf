import { defects } from '../inspect/defects.ts';
import {
  type CaseResult,
  type ContractResult,
  type DefectNumber,
  type DefectSighting,
  type Leftover,
  type Outcome,
  outcomes,
  type Untried,
  type Verdict,
} from '../model/result.ts';
import { sentences, type Tally } from './verdict-sentences.ts';

export type Judgement = { readonly verdict: Verdict; readonly message: string };

type Course = {
  readonly cases: readonly CaseResult[];
  readonly leftovers: readonly Leftover[];
  readonly untried: readonly Untried[];
  /** IDs of cases whose deviation is accepted. */
  readonly accepted: ReadonlySet<string>;
  readonly isStrict: boolean;
  readonly isInterrupted: boolean;
  /** Why the target was given up in the middle; null where it was not. */
  readonly lost: string | null;
  /** How many seconds would have been enough; null where it was not for want of time that something was left out. */
  readonly enoughSeconds: number | null;
};

/** What a run comes to: the weightiest that can be said of it. */
export const judgeRun = (course: Course): Judgement => {
  const tally = toTally(course);
  const verdict = decide(course, tally);
  return { verdict, message: verdict === 'unreachable' ? (course.lost ?? '') : sentences[verdict](tally) };
};

const toTally = ({ cases, leftovers, untried, accepted, isStrict, enoughSeconds }: Course): Tally => {
  const { fail, warn, info, pass, error, 'known-difference': known } = countOutcomes(cases);
  // What is accepted fails only by differing no more.
  const stale = cases.filter(({ id, outcome }) => outcome === 'fail' && accepted.has(id)).map(({ id }) => id);
  const remarks = warn + info;
  return {
    ...{ error, known, stale, remarks },
    broken: fail - stale.length + (isStrict ? remarks : 0),
    brokenByStrictness: isStrict ? remarks : 0,
    kept: pass + remarks,
    untried: untried.reduce((sum, { cases: ids }) => sum + ids.length, 0),
    leftovers: leftovers.length,
    enoughSeconds,
  };
};

const decide = ({ cases, isInterrupted, lost }: Course, tally: Tally): Verdict => {
  if (isInterrupted) return 'interrupted';
  if (tally.error > 0) return 'suite-error';
  if (lost !== null) return 'unreachable';
  if (tally.broken + tally.stale.length > 0) return 'broken';
  if (tally.untried > 0) return 'incomplete';
  if (!cases.some(saysSomething)) return 'nothing-said';
  return tally.leftovers > 0 ? 'leftovers' : 'conforms';
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
