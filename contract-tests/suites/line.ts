import { describe, grantedTo, group, type Pending, rules, type Scenario, toClaim } from '../kit/index.ts';

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
