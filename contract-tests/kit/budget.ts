import type { Bounds } from '../model/options.ts';
import { CaseSkipped, type Operation } from '../model/result.ts';

type Cost = 'claim' | 'spawn';

/** What a request for the operation costs the target; null where it is nothing. */
export const costOf = (operation: Operation | null): Cost | null => {
  if (operation === 'claimInstance') return 'claim';
  return operation === 'spawnInstance' ? 'spawn' : null;
};

/** Counts what costs the target something, and refuses what would pass the bounds. */
export interface Budget {
  /** Before a claim or spawn is sent. Throws Skipped where the bound is reached. */
  take(what: Cost): void;
  /** How many more may be made. */
  left(what: Cost): number;
  /** The target refused it: it cost nothing. */
  giveBack(what: Cost): void;
  /** Something was left out because of a bound. */
  readonly hasRefused: boolean;
}

export const createBudget = ({ maxClaims, maxSpawns }: Bounds): Budget => {
  const bounds = { claim: maxClaims ?? Number.POSITIVE_INFINITY, spawn: maxSpawns ?? Number.POSITIVE_INFINITY };
  const taken = { claim: 0, spawn: 0 };
  let hasRefused = false;
  return {
    take: (what) => {
      if (taken[what] >= bounds[what]) {
        hasRefused = true;
        throw new CaseSkipped(`the run may make only ${bounds[what]} ${what}s`);
      }
      taken[what] += 1;
    },
    left: (what) => bounds[what] - taken[what],
    giveBack: (what) => {
      taken[what] -= 1;
    },
    get hasRefused() {
      return hasRefused;
    },
  };
};
