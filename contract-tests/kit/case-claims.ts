import { Postponed } from '../model/result.ts';
import { CaseRecord } from './case-record.ts';
import type { Holding } from './claim-tracker.ts';
import { expiryMs } from './limits.ts';
import type { Held } from './requests.ts';

/** What a case holds, and what earlier cases have left that keeps instances from it. */
export class CaseClaims extends CaseRecord {
  /** What the case holds of the target. */
  get held(): readonly Holding[] {
    return this.run.holdings.all.filter(({ owner }) => owner === this.id);
  }

  noteHangUp(): void {
    this.run.lastHangUp.at = this.run.clock.now();
  }

  /**
   * Asks until an instance is free, as far as time frees one: what could not be given back comes after its ten seconds, and
   * what was given back may come a while later. Answers what came last.
   */
  async askBeyondRemains<Came>(
    container: string,
    ask: () => Promise<Came>,
    saysNoneFree: (came: Came) => boolean,
  ): Promise<Came> {
    const { dry, earlier, clock, lastHangUp } = this.run;
    let came = await ask();
    if (!saysNoneFree(came) || dry.has(container)) return came;
    const isFree = async (): Promise<boolean> => {
      came = await ask();
      return !saysNoneFree(came);
    };
    await this.outlastOwnLeases(container);
    if (await this.until(isFree)) return came;
    // What a run before this one could not release, or is kept for a caller that has hung up, is free again then, too.
    if (earlier.mayHoldAll || clock.now() - lastHangUp.at < 2 * expiryMs) {
      await this.pass(expiryMs);
      if (await this.until(isFree)) return came;
    }
    dry.add(container);
    return came;
  }

  /** Claims of earlier cases that the target would not take back. No time ends what has been spawned. */
  leftClaimed(container: string): readonly Holding[] {
    const { holdings, running } = this.run;
    return holdings.all.filter(
      (held) => held.container === container && !running.has(held.owner) && held.phase === 'claimed',
    );
  }

  /** Skips for want of instances; where earlier claims hold some, not for good. */
  lack(container: string, reason: string): never {
    const now = this.run.clock.now();
    if (this.leftClaimed(container).some(({ grantedAt }) => now - grantedAt < expiryMs)) throw new Postponed(reason);
    return this.skip(reason);
  }

  /** Claims that the target would not take back are over after ten seconds. */
  async outlastOwnLeases(container: string): Promise<void> {
    const open = this.leftClaimed(container);
    if (open.length === 0) return;
    await this.passUntil(Math.max(...open.map(({ grantedAt }) => grantedAt)) + expiryMs);
    for (const one of open) this.drop(one);
  }

  /** The case no longer holds it: its claim is over, or the scheduler may grant the instance again. */
  drop({ container, instance, token }: Held): void {
    this.run.holdings.drop(container, instance, token);
  }
}
