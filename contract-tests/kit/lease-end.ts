import { type Claim, claim, giveBack } from './actions.ts';
import type { Answer } from './requests.ts';
import type { Scenario } from './scenario.ts';

/**
 * The answer to a spawn after the ten seconds. Ends may lag, as where leases are swept: a claim that still opened is tried
 * once more with the time that they may. `ask` claims, and spawns so much later than the lease lasts.
 */
export const spawnAfterLease = async (s: Scenario, ask: (lagMs: number) => Promise<Answer>): Promise<Answer> => {
  const answer = await ask(0);
  return answer.status === 200 ? await ask(s.run.settleMs) : answer;
};

/** Another claim for one that could be spawned too late: it is given back before. */
export const replace = async (s: Scenario, started: Claim): Promise<Claim> => {
  await giveBack(s, started);
  return await claim(s, { container: started.container });
};

/** A claim that has run out: a case that comes later looks at what has become of its instance. */
export const lapse = (s: Scenario, { container, instance, token }: Claim): void => {
  s.run.lapsed.push({ owner: s.id, container, instance, token });
};
