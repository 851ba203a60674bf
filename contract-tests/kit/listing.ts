import { type Claim, isListed } from './actions.ts';
import type { Scenario, Statement } from './scenario.ts';

// What active must come to list, or to list no more. Lists may lag, by as much as what happens in the background may take.

/** Whether active comes to list the instance, or to list it no more: lists may lag. */
export const becomesListed = async (s: Scenario, claimed: Claim, isWanted = true): Promise<boolean> =>
  await s.until(async () => (await isListed(s, claimed)) === isWanted);

/** Whether the function is seen at work; nothing is expected of what ends by itself. */
export const isSeenAtWork = async (s: Scenario, claimed: Claim): Promise<boolean> =>
  !s.run.endsByItself && (await becomesListed(s, claimed));

type ListStatement = Pick<Statement, 'rule' | 'evidence'>;

const checkBecomes = async (s: Scenario, claimed: Claim, isWanted: boolean, statement: ListStatement) => {
  const tell = (isThere: boolean): string => `${claimed.instance} is ${isThere ? '' : 'not '}active`;
  const isSo = await becomesListed(s, claimed, isWanted);
  const came = tell(isSo === isWanted);
  s.check(isSo, { evidence: 'documented', ...statement, source: 'active', expected: tell(isWanted), came });
};

/** Active lists what runs. */
export const checkListed = (s: Scenario, claimed: Claim, statement: ListStatement): Promise<void> =>
  checkBecomes(s, claimed, true, statement);

/** Active lists nothing else. */
export const checkUnlisted = (s: Scenario, claimed: Claim, statement: ListStatement): Promise<void> =>
  checkBecomes(s, claimed, false, statement);

/** After a refused request: a run that was seen before goes on. */
export const checkRunsOn = async (s: Scenario, claimed: Claim, wasListed: boolean): Promise<void> => {
  if (wasListed) await checkListed(s, claimed, { rule: 'A refused request changes nothing: the run goes on.' });
};
