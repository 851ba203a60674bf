import { defects } from '../inspect/findings.ts';
import { counted } from '../model/json.ts';
import type { KnownDifference } from '../model/options.ts';
import {
  type CaseResult,
  type Check,
  type ContractResult,
  type DefectNumber,
  type DefectSighting,
  type Exploration,
  type Finding,
  type Leftover,
  type Outcome,
  outcomeOfBroken,
  outcomes,
  type Untried,
  type Verdict,
} from '../model/result.ts';

export type Judgement = { readonly verdict: Verdict; readonly message: string };

type RunSummary = {
  readonly cases: readonly CaseResult[];
  readonly leftovers: readonly Leftover[];
  readonly untried: readonly Untried[];
  /** IDs of cases whose deviation is accepted. */
  readonly accepted: ReadonlySet<string>;
  readonly isStrict: boolean;
  readonly isInterrupted: boolean;
  /** An operation of the API answered 200. What refuses everything also refuses what must be refused. */
  readonly hasSucceeded: boolean;
  /** Why the target was given up in the middle; null where it was not. */
  readonly lost: string | null;
  /** How many seconds would have been enough; null where it was not for want of time that something was left out. */
  readonly enoughSeconds: number | null;
};

/** What a run comes to: the weightiest that can be said of it. */
export const judgeRun = (summary: RunSummary): Judgement => {
  const tally = toTally(summary);
  const verdict = decide(summary, tally);
  return { verdict, message: verdict === 'unreachable' ? (summary.lost ?? '') : sentences[verdict](tally) };
};

const toTally = ({ cases, leftovers, untried, accepted, isStrict, enoughSeconds }: RunSummary): Tally => {
  const { fail, warn, info, pass, error, 'known-difference': known } = countOutcomes(cases);
  // A case whose deviation is accepted fails only where the target no longer deviates.
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

const decide = ({ cases, isInterrupted, hasSucceeded, lost }: RunSummary, tally: Tally): Verdict => {
  if (isInterrupted) return 'interrupted';
  if (tally.error > 0) return 'suite-error';
  if (lost !== null) return 'unreachable';
  if (tally.broken + tally.stale.length > 0) return 'broken';
  if (tally.untried > 0) return 'incomplete';
  if (!cases.some(saysSomething)) return 'nothing-said';
  if (!hasSucceeded) return 'incomplete';
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

/** What a run has come to in numbers of cases, and of claims that are left over. */
type Tally = {
  readonly error: number;
  readonly broken: number;
  /** Of those. */
  readonly brokenByStrictness: number;
  /** IDs of accepted deviations that no longer differ. */
  readonly stale: readonly string[];
  readonly known: number;
  /** Those in which nothing documented is broken. */
  readonly kept: number;
  /** Of those and of the ones broken by strictness. */
  readonly remarks: number;
  readonly untried: number;
  readonly leftovers: number;
  /** How many seconds would have been enough; null where it was not for want of time that something was left out. */
  readonly enoughSeconds: number | null;
};

const cased = (count: number): string => counted(count, 'case');
const joined = (...sentences: readonly (string | false)[]): string => sentences.filter(Boolean).join(' ');

const butKnown = ({ known }: Tally): string => (known === 0 ? '' : ` but for ${counted(known, 'known difference')}`);

const strictly = ({ broken, brokenByStrictness: count }: Tally): string =>
  count === 0 ? '' : `, ${count < broken ? `${count} of them ` : ''}only by --strict`;

const ofStale = ({ stale }: Tally): string => {
  const which =
    stale.length === 1 ? 'A known difference no longer differs' : `${stale.length} known differences no longer differ`;
  return `${which}: remove ${stale.join(', ')} from the list.`;
};

/** Each verdict in words. That of a target which is not there has its own reason. */
const sentences: { readonly [Name in Exclude<Verdict, 'unreachable'>]: (tally: Tally) => string } = {
  conforms: (tally) => {
    const { kept, remarks } = tally;
    if (kept === 0) return `The scheduler conforms${butKnown(tally)}, and nothing else was judged.`;
    return joined(
      `The scheduler conforms${butKnown(tally)}: it keeps the contract in ${cased(kept)}.`,
      remarks > 0 && `In ${cased(remarks)} it differs where nothing is documented.`,
    );
  },
  broken: (tally) => {
    const { broken, known, stale, untried } = tally;
    const [are, were] = [known === 1 ? 'is' : 'are', untried === 1 ? 'was' : 'were'];
    return joined(
      broken > 0 && `The scheduler breaks the contract in ${cased(broken)}${strictly(tally)}.`,
      broken > 0 && known > 0 && `${counted(known, 'known difference')} ${are} not counted.`,
      stale.length > 0 && ofStale(tally),
      untried > 0 && `${cased(untried)} ${were} not tried.`,
    );
  },
  incomplete: ({ untried, kept, known, enoughSeconds }) => {
    if (untried === 0) return 'No operation of the API succeeded, so the run does not say that the scheduler conforms.';
    const alsoKnown = known === 0 ? '' : `, ${counted(known, 'known difference')}`;
    const left = `${cased(untried)} left out, ${kept === 0 ? 'none' : kept} kept${alsoKnown}`;
    return joined(
      `The run could not try everything, so it does not say that the scheduler conforms: ${left}.`,
      enoughSeconds !== null && `By its pace --max-seconds ${enoughSeconds} would be enough.`,
    );
  },
  'nothing-said': () => 'No documented case ran to its end, so the run does not judge the scheduler.',
  leftovers: (tally) =>
    `The contract holds${butKnown(tally)}; ${counted(tally.leftovers, 'claim')} could not be released. Run cycle-scheduler contract cleanup.`,
  'suite-error': ({ error }) => `The suite itself failed in ${cased(error)}.`,
  interrupted: () => 'The run was stopped before its end.',
};

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

/** Of entries this run says nothing about: one list serves several runs, so they are no error. */
export const warnOfUnjudged = (
  known: readonly KnownDifference[],
  results: readonly CaseResult[],
): readonly string[] => {
  const isJudged = (id: string): boolean => results.some((one) => one.id === id && one.outcome !== 'skip');
  const unjudged = known.filter(({ id }) => !isJudged(id)).map(({ id }) => id);
  if (unjudged.length === 0) return [];
  return [
    `This run does not say whether ${counted(unjudged.length, 'known difference')} still ${unjudged.length === 1 ? 'holds' : 'hold'}: ${unjudged.join(', ')}.`,
  ];
};
