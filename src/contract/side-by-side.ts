import { claimUpTo, holdAfresh, holdAll } from './exhaustion.ts';
import type { Claim } from './moves.ts';
import type { Scenario } from './scenario.ts';

// For cases that wait at the same time as others: each keeps to its share of the instances.

/** Reserves all instances that the case may hold. */
export const claimShare = async (s: Scenario): Promise<readonly Claim[]> =>
  isAlone(s) ? await holdAll(s) : await claimUpTo(s, s.run.share);

/** Like claimShare, each under a claim that has just begun, and returns once no instance is free. */
export const claimFreshShare = async (s: Scenario): Promise<readonly Claim[]> => {
  if (!isAlone(s)) {
    const held = await claimUpTo(s, s.run.share);
    await s.until(() => isAllHeld(s));
    return held;
  }
  return await holdAfresh(s);
};

export const isAlone = (s: Scenario): boolean => !Number.isFinite(s.run.share);

const isAllHeld = ({ run, container }: Scenario): boolean =>
  run.holdings.all.filter((held) => held.container === container).length >= (run.capacities.get(container) ?? 0);
