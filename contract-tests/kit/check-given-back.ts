import type { Holding } from './claim-tracker.ts';
import { becomesListed } from './listing.ts';
import { type Answer, describe } from './requests.ts';
import type { Scenario } from './scenario.ts';

/**
 * Judges the answer to the release of what a case has left behind. That a claim is refused which was never spawned breaks
 * nothing documented, nor does a run that has ended by itself; one that is at work is its caller's to end.
 */
export const checkGivenBack = async (s: Scenario, held: Holding, answer: Answer): Promise<void> => {
  const { phase, mayBeOver } = held;
  if (answer.status === 200 || phase !== 'spawned' || mayBeOver) return;
  if (s.run.endsByItself || s.run.missing.has('getActiveInstances')) return;
  const isGone = await becomesListed(s, { ...held, answer }, false);
  s.check(isGone, {
    rule: 'Release ends a run for the caller who has claimed it.',
    expected: '200 to what the case has left behind',
    came: `${describe(answer)}, and ${held.instance} is active`,
    evidence: 'documented',
    source: 'release',
    about: answer,
  });
};
