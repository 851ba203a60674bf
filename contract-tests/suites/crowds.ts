import { giveBack, type Held, sendRelease } from '../kit/actions.ts';
import type { ContractCase } from '../kit/case.ts';
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
import { watch } from '../kit/watch.ts';

/** More than servers have workers who have few. */
const crowdSize = 12;
const promptlyMs = 1_500;

/** Holds all instances; skips where there is none. */
const holdSome = async (s: Scenario): Promise<Held> => {
  const [one] = await holdAll(s);
  return one ?? s.skip('there is no instance');
};

const toHeld = (s: Scenario, { instance, came }: { instance: string | null; came: string }): Held =>
  s.run.holdings.all.find((held) => held.owner === s.id && held.instance === instance) ??
  s.skip(`not judged: the claim in line was to be granted what was given back, and got ${came}`);

/** As many claims in line as that, where the target lets them wait. */
const gather = async (s: Scenario): Promise<readonly Pending[]> => {
  const crowd = [await joinLine(s)];
  while (crowd.length < crowdSize) crowd.push(beginClaim(s));
  await arrive(s);
  if (crowd.some((waiting) => waiting.isAnswered())) {
    await leaveLine(s, crowd);
    s.skip(`not judged: ${crowdSize} claims do not wait at the same time here`);
  }
  return crowd;
};

/** The line where others come to it, many of them, or just when something becomes free. */
export const crowds: readonly ContractCase[] = [
  {
    id: 'LINE-007',
    requirement: 'A claim that comes when an instance has become free does not overtake those in line.',
    evidence: 'inferred',
    level: 'disruptive',
    operations: ['claimInstance', 'releaseInstance'],
    questions: ['order-of-waiting'],
    run: async (s) => {
      const one = await holdSome(s);
      const first = await joinLine(s);
      await giveBack(s, one);
      const newcomer = beginClaim(s);
      await s.until(() => first.isAnswered() || newcomer.isAnswered());
      const [toFirst, toNewcomer] = [await grantedTo(first), await grantedTo(newcomer)];
      await leaveLine(s, [first, newcomer]);
      if (toFirst === null && toNewcomer === null)
        s.skip('not judged: the time in line was over before an instance was free');
      const behaviour = toFirst === null ? 'newcomers-first' : 'first-come-first-served';
      s.observe('order-of-waiting', { behaviour });
    },
  },
  {
    id: 'LINE-008',
    requirement: 'However many claims wait in line, what is held can be given back, and the first of them gets it.',
    evidence: 'inferred',
    level: 'disruptive',
    operations: ['claimInstance', 'releaseInstance'],
    run: async (s) => {
      const one = await holdSome(s);
      const crowd = await gather(s);
      const giving = giveBack(s, one);
      const isGivenBack = watch(giving);
      await s.until(isGivenBack, Math.max(promptlyMs, s.run.settleMs));
      const isInTime = isGivenBack();
      const isServed = isInTime && (await s.until(() => crowd.some((waiting) => waiting.isAnswered())));
      await leaveLine(s, crowd);
      await giving;
      s.check(isServed, {
        rule: 'Claims that wait in line keep no release from being carried out.',
        expected: `an answer to the release, and to one of ${crowdSize} claims`,
        came: isServed ? 'both' : isInTime ? 'none to the claims' : 'none to the release while they waited',
      });
    },
  },
  {
    id: 'LINE-009',
    requirement: 'A claim is granted what becomes free just when it joins the line.',
    evidence: 'inferred',
    level: 'disruptive',
    operations: ['claimInstance', 'releaseInstance'],
    run: async (s) => {
      const held = await holdSome(s);
      const first = await joinLine(s);
      await giveBack(s, held);
      let one = toHeld(s, await waitForGrant(s, first));
      // Which of the two is first, and by how little, differs from round to round.
      for (const ms of [0, 1, 2, 3, 0, 1, 2, 4]) {
        const waiting = beginClaim(s);
        if (ms > 0) await s.run.clock.pause(ms, s.run.signal);
        const released = await sendRelease(s, one);
        s.presume(released.status === 200, {
          rule: 'A claim may be released that was never spawned.',
          expected: '200',
          came: describe(released),
        });
        const grant = await waitForGrant(s, waiting);
        s.require(grant.instance !== null, {
          rule: 'A claim waits in line until an instance becomes free.',
          expected: `the instance, which was released ${ms} ms later`,
          came: grant.came,
        });
        one = toHeld(s, grant);
      }
    },
  },
];
