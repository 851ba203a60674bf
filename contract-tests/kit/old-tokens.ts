import { type Claim, type Held, sendRelease, sendSpawn } from './actions.ts';
import { checkRefused } from './observations.ts';
import { describe } from './requests.ts';
import type { Scenario } from './scenario.ts';

const rule = 'A token opens the claim it was given for, and none after that.';

/**
 * Releases under a token whose claim is over while `next` holds the instance. A release may well be answered as one that is
 * done already; what counts is that the next claim lives.
 */
export const releaseUnderOldToken = async (s: Scenario, old: Held, next: Claim): Promise<void> => {
  const answer = await sendRelease(s, old);
  if (answer.status !== 200) return void checkRefused(s, answer, rule);
  const own = await sendSpawn(s, next);
  s.check(own.status === 200, {
    rule,
    expected: 'the next claim can be spawned',
    came: `its spawn was answered ${describe(own)} after this release`,
    evidence: 'documented',
    source: 'release',
    about: answer,
  });
};
