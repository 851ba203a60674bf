import type { Bounds } from '../options.ts';
import { Skipped } from './endings.ts';

/** Counts what costs the target something, and refuses what would pass the bounds. */
export interface Budget {
  /** Before a claim or spawn is sent. Throws Skipped where the bound is reached. */
  take(what: 'claim' | 'spawn'): void;
  /** How many more may be made. */
  left(what: 'claim' | 'spawn'): number;
  /** The target refused it: it cost nothing. */
  giveBack(what: 'claim' | 'spawn'): void;
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
        throw new Skipped(`the run may make only ${bounds[what]} ${what}s`);
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
