import { describe, grantedTo, group, type Held, type Pending, rules, type Scenario, watch } from '../kit/index.ts';

const define = group({ evidence: 'inferred', level: 'disruptive', operations: ['claimInstance', 'releaseInstance'] });

/** More than servers have workers who have few. */
const crowdSize = 12;
const promptlyMs = 1_500;

const toHeld = (s: Scenario, { instance, came }: { instance: string | null; came: string }): Held =>
  s.held.find((held) => held.instance === instance) ??
  s.skip(`not judged: the claim in line was to be granted what was released, and got ${came}`);

/** As many claims in line as that, where the target lets them wait. */
const gather = async (s: Scenario): Promise<readonly Pending[]> => {
  const crowd = [await s.joinLine()];
  while (crowd.length < crowdSize) crowd.push(s.beginClaim());
  await s.arrive();
  if (crowd.some((waiting) => waiting.isAnswered())) {
    await s.leaveLine(crowd);
    s.skip(`not judged: ${crowdSize} claims do not wait at the same time here`);
  }
  return crowd;
};

/** The line where others come to it, many of them, or just when something becomes free. */
export const crowds = [
  define('LINE-007', 'A claim that comes when an instance has become free does not overtake those in line.', {
    questions: ['order-of-waiting'],
    run: async (s) => {
      const [one] = await s.holdAll();
      const first = await s.joinLine();
      await s.giveBack(one);
      const newcomer = s.beginClaim();
      await s.until(() => first.isAnswered() || newcomer.isAnswered());
      const [toFirst, toNewcomer] = [await grantedTo(first), await grantedTo(newcomer)];
      await s.leaveLine([first, newcomer]);
      if (toFirst === null && toNewcomer === null)
        s.skip('not judged: the time in line was over before an instance was free');
      const behaviour = toFirst === null ? 'newcomers-first' : 'first-come-first-served';
      s.observe('order-of-waiting', { behaviour });
    },
  }),
  define(
    'LINE-008',
    'However many claims wait in line, what is held can be released, and the first of them gets it.',
    async (s) => {
      const [one] = await s.holdAll();
      const crowd = await gather(s);
      const giving = s.giveBack(one);
      const isGivenBack = watch(giving);
      await s.until(isGivenBack, Math.max(promptlyMs, s.run.settleMs));
      const isInTime = isGivenBack();
      const isServed = isInTime && (await s.until(() => crowd.some((waiting) => waiting.isAnswered())));
      await s.leaveLine(crowd);
      await giving;
      s.check(isServed, {
        rule: 'Claims that wait in line keep no release from being carried out.',
        expected: `an answer to the release, and to one of ${crowdSize} claims`,
        came: isServed ? 'both' : isInTime ? 'none to the claims' : 'none to the release while they waited',
      });
    },
  ),
  define('LINE-009', 'A claim is granted what becomes free just when it joins the line.', async (s) => {
    const [held] = await s.holdAll();
    const first = await s.joinLine();
    await s.giveBack(held);
    let one = toHeld(s, await s.waitForGrant(first));
    // Which of the two is first, and by how little, differs from round to round.
    for (const ms of [0, 1, 2, 3, 0, 1, 2, 4]) {
      const waiting = s.beginClaim();
      if (ms > 0) await s.pause(ms);
      const released = await s.sendRelease(one);
      s.presume(released.status === 200, {
        rule: 'A claim may be released that was never spawned.',
        expected: '200',
        came: describe(released),
      });
      const grant = await s.waitForGrant(waiting);
      s.require(grant.instance !== null, {
        ...rules.line,
        expected: `the instance, which was released ${ms} ms later`,
        came: grant.came,
      });
      one = toHeld(s, grant);
    }
  }),
];
