import {
  changesNothing,
  describe,
  documented,
  type Evidence,
  expiryMs,
  grantedTo,
  group,
  releaseUnderOldToken,
  rules,
  type Scenario,
} from '../kit/index.ts';

const define = group({ evidence: 'documented', level: 'disruptive', operations: ['claimInstance'], source: 'claim' });

const answersError = documented(
  'Claim reserves an available instance, and answers an error where there is none.',
  'claim',
);

/** Checks that all earlier instances can be reserved again. */
const checkAllAvailable = async (s: Scenario, count: number, after: string, evidence: Evidence = 'documented') => {
  const again = await s.claimUpTo(count);
  s.checkCount(again, count, { rule: `Instances are available again after ${after}.`, evidence });
  return again;
};

/** All instances at once. */
export const pool = [
  define('POOL-001', 'A claim that finds no instance free waits for one, and is refused in the end.', {
    evidence: 'inferred',
    questions: ['exhausted-pool'],
    waitsInLine: true,
    run: async (s) => {
      const { held, refusal, hasWaited } = await s.exhaust();
      s.check(refusal !== null, {
        rule: 'A claim waits no longer than max_queue_time.',
        expected: 'an answer',
        came: refusal === null ? 'none, for longer than the suite waits' : describe(refusal),
      });
      if (refusal === null) return;
      s.checkAnswer(refusal, refusal.status >= 400, answersError, 'an error');
      const isFailure = refusal.status === 500 || refusal.status === 502;
      s.checkAnswer(refusal, !isFailure, 'That no instance is free is no failure of the scheduler.', 'a refusal');
      s.check(hasWaited, {
        rule: 'A claim that finds no instance waits for one, as long as the function’s max_queue_time is.',
        expected: 'an answer after some time, unless max_queue_time is 0',
        came: `an answer after ${Math.round(refusal.durationMs)} ms`,
        about: refusal,
      });
      const code = refusal.code === null ? {} : { code: refusal.code };
      s.observe(
        'exhausted-pool',
        { status: refusal.status, ...code, behaviour: hasWaited ? 'waits' : 'at-once' },
        refusal,
      );
      const [one] = held;
      if (one === undefined || !hasWaited) return;
      await s.giveBack(one);
      const [next] = await s.claimUpTo(1);
      s.check(next !== undefined, {
        rule: 'What is released is granted to the next claim, and kept for none that was refused.',
        expected: 'an instance',
        came: next?.instance ?? 'none',
      });
    },
  }),
  define('POOL-002', 'All instances can be claimed again after they have been released.', {
    source: 'release',
    operations: ['claimInstance', 'releaseInstance'],
    run: async (s) => {
      const held = await s.holdAll();
      for (const one of held) {
        await s.spawn(one);
        await s.release(one);
      }
      const again = await checkAllAvailable(s, held.length, 'the release of their runs');
      const answers = await Promise.all(again.map((one) => s.sendRelease(one)));
      // Whether a claim may be released that was never spawned is asked elsewhere; where it may, it is over.
      if (answers.every(({ status }) => status === 200)) {
        await checkAllAvailable(s, again.length, 'the release of claims that were not spawned', 'inferred');
      }
    },
  }),
  define('POOL-003', 'A refused spawn or release costs no instance.', {
    source: 'functions',
    operations: ['spawnInstance', 'releaseInstance'],
    run: async (s) => {
      const held = await s.holdAll();
      for (const one of held) {
        const wrong = { ...one, token: s.freshToken() };
        s.checkRefused(await s.sendSpawn(wrong), 'Spawn needs the token the instance was claimed with.');
        s.checkRefused(await s.sendRelease(wrong), 'Release needs the token the instance was claimed with.');
      }
      for (const one of held) {
        await s.spawn(one, undefined, changesNothing);
        await s.release(one);
      }
      await checkAllAvailable(s, held.length, 'refusals and their release');
    },
  }),
  define('POOL-004', 'Instances return to the pool when their claims run out, and the old tokens open them no more.', {
    source: 'lease',
    operations: ['claimInstance', 'spawnInstance'],
    // After those that wait, so that it can look at what they have let run out.
    waits: { instances: Number.POSITIVE_INFINITY },
    run: async (s) => {
      const waitedFor = s.run.lapsed.filter(({ container }) => container === s.container);
      const held = waitedFor.length > 0 ? waitedFor : await s.holdAll();
      if (waitedFor.length === 0) await s.pass(expiryMs);
      const all = s.run.capacities.get(s.container) ?? held.length;
      const again = await checkAllAvailable(s, all, 'ten seconds without a spawn');
      for (const old of held) {
        s.checkRefused(await s.sendSpawn(old), 'A claim that has run out is over.');
        const next = again.find(({ instance }) => instance === old.instance);
        if (next !== undefined) await releaseUnderOldToken(s, old, next);
      }
    },
  }),
  define('POOL-005', 'Instances return to the pool when their functions end by themselves.', {
    evidence: 'inferred',
    operations: ['claimInstance', 'spawnInstance'],
    needs: ['callback'],
    questions: ['exit-ends-the-claim'],
    run: async (s) => {
      const held = await s.holdAll();
      await Promise.all(held.map((one) => s.spawnProbe(one, { PROBE_RUN_MS: '100' })));
      await s.pass(150);
      await s.until(async () => {
        const listed = await s.active();
        return held.every(({ instance }) => !(instance in listed));
      });
      const again = await checkAllAvailable(s, held.length, 'the end of their functions', 'inferred');
      // What was granted again is held under its new token alone.
      for (const old of held) if (again.some(({ instance }) => instance === old.instance)) s.drop(old);
      const behaviour = again.length === held.length ? 'at-once' : 'not-by-itself';
      s.observe('exit-ends-the-claim', { behaviour });
    },
  }),
  define('POOL-006', 'Claim never grants an instance at work, even when all others are taken.', async (s) => {
    const [first, ...others] = await s.holdAll();
    await s.spawn(first);
    if (!(await s.isSeenAtWork(first))) s.skip('the function ends by itself');
    const granted = await s.claimOneMore();
    if (granted === first.instance && !(await s.isListed(first))) s.skip('the function ends by itself');
    s.check(![first, ...others].some(({ instance }) => instance === granted), {
      rule: 'Claim grants an instance that is reserved or at work to no other caller.',
      expected: 'none of those that are taken',
      came: granted ?? 'no grant',
    });
  }),
  define('POOL-007', 'Which of several available instances is granted is the scheduler’s choice.', {
    evidence: 'our-choice',
    questions: ['order-of-instances'],
    run: async (s) => {
      const orders = new Set<string>();
      for (let round = 0; round < 3; round += 1) {
        const held = await s.holdAll();
        const [first, second] = held;
        if (second === undefined) return s.skip('there is only one instance');
        await s.giveAllBack(held);
        const again = await s.holdAll();
        const [one, other] = [first, second].map(({ instance }) =>
          again.findIndex((next) => next.instance === instance),
        );
        if (one === undefined || other === undefined || one < 0 || other < 0) continue;
        orders.add(one < other ? 'longest-available-first' : 'latest-released-first');
        await s.giveAllBack(again);
      }
      const [only] = orders;
      if (only === undefined) return s.skip('not judged: other instances were granted than those that were released');
      s.observe('order-of-instances', { behaviour: orders.size === 1 ? only : 'varies' });
    },
  }),
  define(
    'POOL-008',
    'However many claims come at the same moment, no instance is granted twice, and none is lost.',
    async (s) => {
      const count = await s.countFree();
      // Not more than twice as many: what a target keeps for those that hang up is kept once for each instance.
      const rush = Array.from({ length: Math.min(2 * count, 40) }, () => s.beginClaim());
      const answered = () => rush.filter((pending) => pending.isAnswered());
      await s.until(() => answered().length >= count);
      await s.leaveLine(rush);
      const granted = (await Promise.all(rush.map(grantedTo))).filter((instance) => instance !== null);
      s.presume(granted.length > 1, {
        rule: 'Claims at the same moment are granted what is free.',
        expected: `${count} grants`,
        came: String(granted.length),
      });
      s.checkDistinct(granted, rules.grantedOnce);
    },
  ),
  define('POOL-009', 'After all that came before, the function still has all its instances.', async (s) => {
    const held = await s.holdAll();
    for (const one of held) await s.checkUnlisted(one, 'A claim starts nothing.');
  }),
];
