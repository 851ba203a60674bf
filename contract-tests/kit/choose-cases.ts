import type { KnownDifference } from '../model/options.ts';
import { includesLevel, type Level, levels } from '../model/result.ts';
import { type ContractCase, exploringCase } from './case.ts';
import { hintAt, type Problem } from './problems.ts';

type Choice = {
  readonly level: Level;
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly exploreSeconds: number;
};

/** Cases that are part of others now, and of which. */
const parts: Readonly<Record<string, string>> = {
  'ACCESS-018': 'DOOR-002',
  'ACCESS-021': 'DOOR-005',
  'INSIDE-010': 'INSIDE-002',
  'INSIDE-011': 'INSIDE-003',
  'LEASE-003': 'LEASE-007',
  'LEASE-004': 'LEASE-008',
  'LEASE-006': 'TURN-001',
  'NETWORK-001': 'CLAIM-002',
  'RELEASE-009': 'ODD-007',
};

/** That no case has the ID, and which one was meant or has taken its place. */
const toUnknown = (id: string, all: readonly ContractCase[], reason: string): Problem => {
  const whole = Object.hasOwn(parts, id) ? parts[id] : undefined;
  if (whole !== undefined) return { reason: `case ${id} is a part of ${whole} now`, advice: `Name ${whole}` };
  const guess = hintAt(
    id,
    all.map((one) => one.id),
  );
  return { reason: `${reason}${guess}`, advice: 'See cycle-scheduler contract --list' };
};

/** The cases of the level and of `only` and `skip`; none that explores where there is no time to. */
export const chooseCases = (
  all: readonly ContractCase[],
  { level, only, skip, exploreSeconds }: Choice,
): readonly ContractCase[] => {
  const matches = (id: string, starts: readonly string[]): boolean => starts.some((start) => id.startsWith(start));
  return all.filter(
    ({ id, level: own }) =>
      includesLevel(level, own) &&
      (only.length === 0 || matches(id, only)) &&
      !matches(id, skip) &&
      (exploreSeconds > 0 || id !== exploringCase.id),
  );
};

/** What is asked for by name has to be among what is run. */
export const findMisnamed = (
  all: readonly ContractCase[],
  choice: Choice,
  chosen: readonly ContractCase[],
): readonly Problem[] => {
  const { only, skip } = choice;
  const isKnown = (start: string): boolean => all.some(({ id }) => id.startsWith(start));
  const unknown = [...new Set([...only, ...skip])].filter((start) => !isKnown(start));
  const missed = only.filter((start) => isKnown(start) && !chosen.some(({ id }) => id.startsWith(start)));
  const problems = [
    ...unknown.map((start) => toUnknown(start, all, `no case is called "${start}"`)),
    ...missed.map((start) => whyMissed(all, choice, start)),
  ];
  if (problems.length > 0 || chosen.length > 0) return problems;
  return [{ reason: `no case of level ${choice.level} is left to run`, advice: 'Skip fewer, or raise the level' }];
};

const whyMissed = (all: readonly ContractCase[], { level, skip, exploreSeconds }: Choice, start: string): Problem => {
  const wanted = all.filter(({ id }) => id.startsWith(start));
  const lowest = levels.find((one) => wanted.some((each) => each.level === one)) ?? level;
  if (!includesLevel(level, lowest)) {
    return {
      reason: `"${start}" needs the level ${lowest}, and the run goes up to ${level}`,
      advice: `Give --level ${lowest}`,
    };
  }
  const isSkipped = wanted.every(({ id }) => skip.some((one) => id.startsWith(one)));
  if (!isSkipped && exploreSeconds === 0) {
    return {
      reason: `"${start}" is to be run, and there is no time to explore: 0 seconds`,
      advice: 'Give --explore some seconds, or leave --explore out',
    };
  }
  return { reason: `"${start}" is to be run and to be skipped`, advice: 'Take it from one of the lists' };
};

/** Known differences whose ID is no case, or stands twice. Whole IDs only: an acceptance is for one case. */
export const findMisnamedDifferences = (
  all: readonly ContractCase[],
  known: readonly KnownDifference[],
): readonly Problem[] => {
  const ids = known.map(({ id }) => id);
  const unknown = ids.filter((id) => !all.some((one) => one.id === id));
  const twice = new Set(ids.filter((id, index) => ids.indexOf(id) !== index));
  return [
    ...unknown.map((id) => toUnknown(id, all, `a known difference is of "${id}", which is no case`)),
    ...[...twice].map((id) => ({ reason: `two known differences are of ${id}`, advice: 'Write one for each case' })),
  ];
};
