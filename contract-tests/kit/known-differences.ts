import type { KnownDifference } from '../model/options.ts';
import type { CaseResult } from '../model/result.ts';
import { counted } from './counted.ts';

/**
 * A case's result as the accepted deviations have it. One that no longer deviates fails: the entry says something about
 * the target that is not so any more, and would hide the next deviation.
 */
export const withKnownDifference = (result: CaseResult, known: readonly KnownDifference[]): CaseResult => {
  const difference = known.find(({ id }) => id === result.id);
  if (difference === undefined) return result;
  const { reason, date, link } = difference;
  if (result.outcome === 'pass') {
    const message = `No longer different, though accepted on ${date} (${reason}). Take it off the list.`;
    return { ...result, outcome: 'fail', message };
  }
  if (result.outcome === 'skip' || result.outcome === 'error') return result;
  const source = link === undefined ? '' : `, ${link}`;
  return { ...result, outcome: 'known-difference', message: `${reason} (${date}${source}): ${result.message}` };
};

/** Of entries this run says nothing about: one list serves several runs, so they are no error. */
export const warnOfUntold = (known: readonly KnownDifference[], results: readonly CaseResult[]): readonly string[] => {
  const isTold = (id: string): boolean => results.some((one) => one.id === id && one.outcome !== 'skip');
  const untold = known.filter(({ id }) => !isTold(id)).map(({ id }) => id);
  if (untold.length === 0) return [];
  return [
    `Whether ${counted(untold.length, 'known difference')} still ${untold.length === 1 ? 'holds' : 'hold'}, this run does not say: ${untold.join(', ')}.`,
  ];
};
