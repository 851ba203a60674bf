import type { ContractCase } from '../../src/contract/case.ts';
import { holdAll } from '../../src/contract/exhaustion.ts';
import { fieldOf } from '../../src/contract/json.ts';
import { type Claim, giveBack } from '../../src/contract/moves.ts';
import type { Scenario } from '../../src/contract/scenario.ts';
import { arrive, beginClaim, joinLine, leaveLine, type Pending } from '../../src/contract/waiting-line.ts';

/** Takes all instances, so that whoever claims now has to wait. */
const holdTwo = async (s: Scenario): Promise<readonly [Claim, Claim]> => {
  const [one, other] = await holdAll(s);
  if (one === undefined || other === undefined) return s.skip('the function has fewer than two instances');
  return [one, other];
};

const instanceOf = async (waiting: Pending): Promise<unknown> => {
  const reply = await waiting.reply;
  return reply.failure === undefined ? fieldOf(reply.data, 'instance_id') : undefined;
};

/** Waiting for an instance. */
export const line: readonly ContractCase[] = [
  {
    id: 'LINE-001',
    requirement: 'A waiting claim is granted the instance that becomes free.',
    evidence: 'inferred',
    level: 'disruptive',
    operations: ['claimInstance', 'releaseInstance'],
    run: async (s) => {
      const [one] = await holdTwo(s);
      const waiting = await joinLine(s);
      await giveBack(s, one);
      const isServed = await s.until(waiting.isAnswered);
      await leaveLine(s, [waiting]);
      const came = isServed ? await instanceOf(waiting) : 'nothing';
      s.check(came === one.instance, {
        rule: 'A claim waits in line until an instance becomes free.',
        expected: one.instance,
        came: String(came ?? 'an error'),
      });
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
      const second = await joinLine(s);
      await giveBack(s, one);
      await s.until(() => first.isAnswered() || second.isAnswered());
      // Time for a second answer, which should not come.
      await arrive(s);
      const served = { first: first.isAnswered(), second: second.isAnswered() };
      s.check(!(served.first && served.second), {
        rule: 'A reserved instance is granted to nobody else.',
        expected: 'one caller served by one instance',
        came: 'both were answered',
        evidence: 'documented',
      });
      if (served.first !== served.second) {
        const behaviour = served.first ? 'first-come-first-served' : 'last-come-first-served';
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
      const [one] = await holdTwo(s);
      const gone = await joinLine(s);
      await leaveLine(s, [gone]);
      await giveBack(s, one);
      const next = beginClaim(s);
      const isServed = await s.until(next.isAnswered, Math.min(s.run.settleMs, 1_500));
      await leaveLine(s, [next]);
      s.observe('hung-up-claim', { behaviour: isServed ? 'nothing-is-claimed' : 'an-instance-is-kept' });
    },
  },
];
