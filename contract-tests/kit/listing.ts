import { Actions } from './actions.ts';
import type { Held } from './requests.ts';
import { documented, unlessItEnds } from './rules.ts';

/** What active must list of what the case does. */
export class Listing extends Actions {
  /** Whether active comes to list the instance, or to list it no more: lists may lag. */
  async becomesListed(claimed: Held, isWanted = true): Promise<boolean> {
    return await this.until(async () => (await this.isListed(claimed)) === isWanted);
  }

  /** Whether the function is seen at work; nothing is expected of what ends by itself. */
  async isSeenAtWork(claimed: Held): Promise<boolean> {
    return !this.run.endsByItself && (await this.becomesListed(claimed));
  }

  /** Active lists what runs. */
  async checkListed(claimed: Held, rule: string, isWanted = true): Promise<void> {
    const say = (isThere: boolean): string => `${claimed.instance} is ${isThere ? '' : 'not '}active`;
    const isSo = await this.becomesListed(claimed, isWanted);
    this.check(isSo, {
      ...documented(rule, 'active'),
      expected: isWanted ? unlessItEnds(say(true)) : say(false),
      came: say(isSo === isWanted),
    });
  }

  /** Active lists nothing else. */
  async checkUnlisted(claimed: Held, rule: string): Promise<void> {
    await this.checkListed(claimed, rule, false);
  }

  /** After a refused request: a run that was seen before goes on. */
  async checkRunsOn(claimed: Held, wasListed: boolean): Promise<void> {
    if (wasListed) await this.checkListed(claimed, 'A refused request changes nothing: the run goes on.');
  }
}
