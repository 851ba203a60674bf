import type { KnownDifference } from './options.ts';
import type { CaseResult } from './result.ts';

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
