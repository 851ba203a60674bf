import { type Claim, giveBack, release, spawn } from '../kit/actions.ts';
import type { ContractCase } from '../kit/case.ts';
import { grantedOnce } from '../kit/claim-tracker.ts';
import { checkListed } from '../kit/listing.ts';
import { describe } from '../kit/requests.ts';
import type { Scenario } from '../kit/scenario.ts';
import {
  arrive,
  beginClaim,
  grantedTo,
  holdAll,
  joinLine,
  leaveLine,
  type Pending,
  waitForGrant,
} from '../kit/waiting.ts';

/** Takes all instances, so that the next claim has to wait. */
const holdTwo = async (s: Scenario): Promise<readonly [Claim, Claim, ...Claim[]]> => {
  const [one, other, ...others] = await holdAll(s);
  if (one === undefined || other === undefined) return s.skip('the function has fewer than two instances');
  return [one, other, ...others];
};

/** Whether what becomes free after a caller in line has hung up is granted to the next. */
const isServedAfterHangUp = async (s: Scenario, noticedMs: number): Promise<boolean> => {
  const held = await holdTwo(s);
  const gone = await joinLine(s);
  await leaveLine(s, [gone]);
  if (noticedMs > 0) await s.run.clock.pause(noticedMs, s.run.signal);
  await giveBack(s, held[0]);
  const next = beginClaim(s);
  await s.until(next.isAnswered, Math.min(s.run.settleMs, 1_500));
  await leaveLine(s, [next]);
  const isServed = (await grantedTo(next)) !== null;
  for (const one of isServed ? [] : held.slice(1)) await giveBack(s, one);
  return isServed;
};

/** A claim in line behind another. Where one waits, so does the next. */
const joinBehind = async (s: Scenario, first: Pending): Promise<Pending> => {
  const second = beginClaim(s);
  await arrive(s);
  const reply = second.isAnswered() ? await second.reply : null;
  if (reply?.failure !== undefined || reply === null || first.isAnswered()) return second;
  s.check(false, {
    rule: 'Several claims may wait at the same time.',
    expected: 'a wait, as the claim before has',
    came: `${describe(reply)} after ${Math.round(reply.durationMs)} ms`,
    about: reply,
  });
  await leaveLine(s, [first]);
  return s.skip('the second claim does not wait');
};

/** Waiting for an instance. */
export const line: readonly ContractCase[] = [
  {
    id: 'LINE-001',
    requirement: 'A waiting claim is granted the instance that becomes free, and is a claim as any other.',
    evidence: 'inferred',
    level: 'disruptive',
    operations: ['claimInstance', 'spawnInstance', 'releaseInstance', 'getActiveInstances'],
    run: async (s) => {
      const [one, ...others] = await holdTwo(s);
      const waiting = await joinLine(s);
      await giveBack(s, one);
      const { instance, came } = await waitForGrant(s, waiting);
      // Another instance may have been made in the place of that which was given back.
      s.check(instance !== null && !others.some((other) => other.instance === instance), {
        rule: 'A claim waits in line until an instance becomes free.',
        expected: 'the instance',
        came,
      });
      const reply = await waiting.reply;
      if (instance === null || reply.failure !== undefined) return;
      const claimed = { container: s.container, instance, token: waiting.token, answer: reply };
      await spawn(s, claimed);
      if (!s.run.endsByItself) await checkListed(s, claimed, { rule: 'Active lists what runs.' });
      await release(s, claimed);
    },
  },
  {
    id: 'LINE-002',
    requirement: 'Who came first is served first, and one instance serves one caller.',
    evidence: 'inferred',
    level: 'disruptive',
    operations: ['claimInstance', 'releaseInstance'],
    questions: ['order-of-waiting'],
    run: async (s) => {
      const [one, other] = await holdTwo(s);
      const first = await joinLine(s);
      const second = await joinBehind(s, first);
      await giveBack(s, one);
      await s.until(() => first.isAnswered() || second.isAnswered());
      // Time for a second answer, which should not come.
      await arrive(s);
      const [toFirst, toSecond] = [await grantedTo(first), await grantedTo(second)];
      const all = [toFirst, toSecond].filter((instance) => instance !== null);
      if (all.length === 0) s.skip('not judged: the time in line was over before an instance was free');
      s.check(new Set(all).size === all.length, {
        rule: grantedOnce,
        expected: 'one caller served by one instance',
        came: `grants of ${all.join(' and ')}`,
        evidence: 'documented',
        source: 'claim',
      });
      if (all.length === 1) {
        const behaviour = toFirst === null ? 'last-come-first-served' : 'first-come-first-served';
        s.observe('order-of-waiting', { behaviour });
        await giveBack(s, other);
        await s.until(() => first.isAnswered() && second.isAnswered());
      }
      await leaveLine(s, [first, second]);
    },
  },
  {
    id: 'LINE-003',
    requirement: 'A caller that hangs up leaves the line: no instance is kept for it.',
    evidence: 'inferred',
    level: 'disruptive',
    operations: ['claimInstance', 'releaseInstance'],
    questions: ['hung-up-claim'],
    run: async (s) => {
      // That a caller has hung up may be noticed a while later: the second time there is time for that.
      const isServed = (await isServedAfterHangUp(s, 0)) || (await isServedAfterHangUp(s, s.run.settleMs));
      s.observe('hung-up-claim', { behaviour: isServed ? 'nothing-is-claimed' : 'an-instance-is-kept' });
    },
  },
];
