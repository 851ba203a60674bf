import { type Answer, type Claim, describe, type Held, toClaim } from './requests.ts';
import { documented } from './rules.ts';
import type { Moment, TimedRun } from './run-context.ts';
import type { Scenario } from './scenario.ts';

// For cases that wait for leases to pass, at the same time as others: each keeps to its share of the instances.

/** The case may hold all instances of the function, for none waits beside it. */
export const isAlone = (s: Scenario): boolean => !Number.isFinite(s.run.share);

const forNoneAfter = documented('A token opens the claim it was given for, and none after that.', 'release');

/**
 * Releases under a token whose claim is over while `next` holds the instance. A release may well be answered as one that is
 * done already; what counts is that the next claim lives.
 */
export const releaseUnderOldToken = async (s: Scenario, old: Held, next: Claim): Promise<void> => {
  const answer = await s.sendRelease(old);
  if (answer.status !== 200) return void s.checkRefused(answer, forNoneAfter.rule);
  const own = await s.sendSpawn(next);
  s.check(own.status === 200, {
    ...forNoneAfter,
    expected: 'the next claim can be spawned',
    came: `its spawn was answered ${describe(own)} after this release`,
    about: answer,
  });
};

/** Reserves all that the case may hold, each under a claim that has just begun, and returns once no instance is free. */
export const claimFreshShare = async (s: Scenario): Promise<readonly Claim[]> => {
  const { run, container } = s;
  if (!isAlone(s)) {
    const held = await s.claimUpTo(run.share);
    const isHere = (one: Held): boolean => one.container === container;
    await s.until(() => run.holdings.all.filter(isHere).length >= (run.capacities.get(container) ?? 0));
    return held;
  }
  const count = await s.countFree();
  const again = await s.claimUpTo(count);
  s.presume(again.length === count, {
    rule: 'An instance whose claim was released is available again at once.',
    expected: `${count} instances`,
    came: String(again.length),
  });
  return again;
};

/** At most so many instances are claimed, and so counted, of a function at which other cases wait. */
const mostFree = 4;
const promptlyMs = 500;

/** Reserves instances of a function for as long as they are granted promptly, four at most, and notes how many. */
export const claimFree = async (s: Scenario, container: string): Promise<readonly Claim[]> => {
  const held: Claim[] = [];
  while (held.length < mostFree) {
    const pending = s.beginClaim(s.freshToken(), container);
    await s.until(pending.isAnswered, promptlyMs);
    await s.leaveLine([pending]);
    const claimed = toClaim(container, pending.token, await pending.reply);
    if (claimed === null) break;
    held.push(claimed);
  }
  s.run.free.set(container, held.length);
  return held;
};

/** When the answer that has just come was sent: the target’s time where the suite has moved it on. */
export const dateOf = ({ run: { clock } }: Scenario, { headers }: Answer): number =>
  Date.parse(headers['date'] ?? '') + clock.now() - performance.now();

export const momentOf = (s: Scenario, answer: Answer): Moment => ({ at: s.run.clock.now(), dated: dateOf(s, answer) });

/** Notes a run that was released, for the case that compares the times of all of them (suites/times.ts). */
export const noteRun = (s: Scenario, run: Pick<TimedRun, 'claimed' | 'spawned'>, answer: Answer): void =>
  void s.run.timed.push({ ...run, owner: s.id, released: momentOf(s, answer), answer });
