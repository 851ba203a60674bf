import {
  describe,
  grantedTo,
  group,
  type Held,
  type Pending,
  rules,
  type Scenario,
  toClaim,
  watch,
} from '../kit/index.ts';

const define = group({ evidence: 'inferred', level: 'disruptive', operations: ['claimInstance', 'releaseInstance'] });

/** Whether what becomes free after a caller in line has hung up is granted to the next. */
const isServedAfterHangUp = async (s: Scenario, noticedMs: number): Promise<boolean> => {
  const held = await s.holdTwo();
  const gone = await s.joinLine();
  await s.leaveLine([gone]);
  if (noticedMs > 0) await s.pause(noticedMs);
  await s.giveBack(held[0]);
  const next = s.beginClaim();
  await s.until(next.isAnswered, Math.min(s.run.settleMs, 1_500));
  await s.leaveLine([next]);
  const isServed = (await grantedTo(next)) !== null;
  for (const one of isServed ? [] : held.slice(1)) await s.giveBack(one);
  return isServed;
};

/** A claim in line behind another. Where one waits, so does the next. */
const joinBehind = async (s: Scenario, first: Pending): Promise<Pending> => {
  const second = s.beginClaim();
  await s.arrive();
  const reply = second.isAnswered() ? await second.reply : null;
  if (reply?.failure !== undefined || reply === null || first.isAnswered()) return second;
  s.check(false, {
    rule: 'Several claims may wait at the same time.',
    expected: 'a wait, as the claim before has',
    came: `${describe(reply)} after ${Math.round(reply.durationMs)} ms`,
    about: reply,
  });
  await s.leaveLine([first]);
  return s.skip('the second claim does not wait');
};

/** Waiting for an instance. */
export const line = [
  define('LINE-001', 'A waiting claim is granted the instance that becomes free, and is a claim as any other.', {
    operations: ['claimInstance', 'spawnInstance', 'releaseInstance', 'getActiveInstances'],
    run: async (s) => {
      const [one, ...others] = await s.holdTwo();
      const waiting = await s.joinLine();
      await s.giveBack(one);
      const { instance, came } = await s.waitForGrant(waiting);
      // Another instance may have been made in the place of that which was given back.
      s.check(instance !== null && !others.some((other) => other.instance === instance), {
        ...rules.line,
        expected: 'the instance',
        came,
      });
      const claimed = toClaim(s.container, waiting.token, await waiting.reply);
      if (claimed === null) return;
      await s.spawn(claimed);
      if (!s.run.endsByItself) await s.checkListed(claimed, 'Active lists what runs.');
      await s.release(claimed);
    },
  }),
  define('LINE-002', 'Who came first is served first, and one instance serves one caller.', {
    questions: ['order-of-waiting'],
    run: async (s) => {
      const [one, other] = await s.holdTwo();
      const first = await s.joinLine();
      const second = await joinBehind(s, first);
      await s.giveBack(one);
      await s.until(() => first.isAnswered() || second.isAnswered());
      // Time for a second answer, which should not come.
      await s.arrive();
      const [toFirst, toSecond] = [await grantedTo(first), await grantedTo(second)];
      const all = [toFirst, toSecond].filter((instance) => instance !== null);
      if (all.length === 0) s.skip('not judged: the time in line was over before an instance was free');
      s.check(new Set(all).size === all.length, {
        ...rules.grantedOnce,
        expected: 'one caller served by one instance',
        came: `grants of ${all.join(' and ')}`,
      });
      if (all.length === 1) {
        const behaviour = toFirst === null ? 'last-come-first-served' : 'first-come-first-served';
        s.observe('order-of-waiting', { behaviour });
        await s.giveBack(other);
        await s.until(() => first.isAnswered() && second.isAnswered());
      }
      await s.leaveLine([first, second]);
    },
  }),
  define('LINE-003', 'A caller that hangs up leaves the line: no instance is kept for it.', {
    questions: ['hung-up-claim'],
    run: async (s) => {
      // That a caller has hung up may be noticed a while later: the second time there is time for that.
      const isServed = (await isServedAfterHangUp(s, 0)) || (await isServedAfterHangUp(s, s.run.settleMs));
      s.observe('hung-up-claim', { behaviour: isServed ? 'nothing-is-claimed' : 'an-instance-is-kept' });
    },
  }),
];

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
