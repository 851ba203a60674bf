import type { CaseResult, Untried } from '../model/result.ts';
import { type ContractCase, exploringCase } from './case.ts';
import { expiryMs } from './limits.ts';
import type { RunContext } from './run-context.ts';
import type { Settings } from './settings.ts';

type RunTimes = {
  readonly chosen: readonly ContractCase[];
  readonly results: readonly CaseResult[];
  readonly untried: ReadonlySet<string>;
  readonly spentMs: number;
  readonly instances: number;
  readonly settleMs: number;
  readonly exploreSeconds: number;
};

/** Later cases ask more than those before them, and no two runs are equally fast. */
const margin = 1.5;

const isExploration = ({ id }: { readonly id: string }): boolean => id === exploringCase.id;

/** How many seconds would have been enough for a run that was too slow, by its pace until then; rounded up to tens. */
export const toEnoughSeconds = (times: RunTimes): number => {
  const { chosen, results, untried, spentMs, instances, settleMs, exploreSeconds } = times;
  const isPlain = ({ id }: CaseResult): boolean =>
    chosen.some((one) => one.id === id && one.waits === undefined && one.level !== 'probe' && !isExploration(one));
  const tried = results.filter((one) => !untried.has(one.id) && isPlain(one));
  const meanMs = tried.reduce((sum, { durationMs }) => sum + durationMs, 0) / Math.max(1, tried.length);
  const left = chosen.filter(({ id }) => untried.has(id));
  const held = left.map(({ waits }) => waits?.instances ?? 0).filter(Number.isFinite);
  // Where ends lag a lease is waited for a second time.
  const turns = Math.ceil(held.reduce((sum, count) => sum + count, 0) / Math.max(1, instances));
  const waitsMs = turns * (2 * expiryMs + settleMs);
  const plainMs = left.filter((one) => one.waits === undefined && !isExploration(one)).length * meanMs;
  const exploreMs = left.some(isExploration) ? exploreSeconds * 1_000 : 0;
  return 10 * Math.ceil((spentMs + margin * plainMs + waitsMs + exploreMs) / 10_000);
};

/** Null where the time was enough. */
export const findEnoughSeconds = (
  run: RunContext,
  { cases, containers, settleMs, exploreSeconds }: Settings,
  { untried, ...spent }: Pick<RunTimes, 'results' | 'spentMs'> & { readonly untried: readonly Untried[] },
): number | null => {
  if (run.deadline.passed === null) return null;
  return toEnoughSeconds({
    ...{ chosen: cases, settleMs, exploreSeconds, ...spent },
    untried: new Set(untried.flatMap(({ cases: ids }) => ids)),
    instances: run.capacities.get(containers[0] ?? '') ?? 1,
  });
};
