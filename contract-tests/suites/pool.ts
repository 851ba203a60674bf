import type { Evidence } from '../../src/profile/questions.ts';
import {
  active,
  changesNothing,
  freshToken,
  giveBack,
  isListed,
  release,
  sendRelease,
  sendSpawn,
  spawn,
} from '../kit/actions.ts';
import type { ContractCase } from '../kit/case.ts';
import { expiryMs, grantedOnce } from '../kit/claim-tracker.ts';
import { checkUnlisted, isSeenAtWork } from '../kit/listing.ts';
import { checkRefused } from '../kit/observations.ts';
import { releaseUnderOldToken } from '../kit/old-tokens.ts';
import { spawnProbe } from '../kit/probe.ts';
import { describe } from '../kit/requests.ts';
import type { Scenario } from '../kit/scenario.ts';
import { beginClaim, claimUpTo, countFree, exhaust, grantedTo, holdAll, leaveLine } from '../kit/waiting.ts';

/** Checks that all earlier instances can be reserved again. */
const checkAllAvailable = async (s: Scenario, count: number, after: string, evidence: Evidence = 'documented') => {
  const again = await claimUpTo(s, count);
  s.check(again.length === count, {
    rule: `Instances are available again after ${after}.`,
    expected: `${count} instances`,
    came: String(again.length),
    evidence,
  });
  return again;
};

/** All instances at once. */
export const pool: readonly ContractCase[] = [
  {
    id: 'POOL-001',
    requirement: 'A claim that finds no instance free waits for one, and is refused in the end.',
    evidence: 'inferred',
    level: 'disruptive',
    operations: ['claimInstance'],
    questions: ['exhausted-pool'],
    waitsInLine: true,
    run: async (s) => {
      const { held, refusal, hasWaited } = await exhaust(s);
      s.check(refusal !== null, {
        rule: 'A claim waits no longer than max_queue_time.',
        expected: 'an answer',
        came: refusal === null ? 'none, for longer than the suite waits' : describe(refusal),
      });
      if (refusal === null) return;
      s.check(refusal.status >= 400, {
        rule: 'Claim reserves an available instance, and answers an error where there is none.',
        expected: 'an error',
        came: describe(refusal),
        evidence: 'documented',
        source: 'claim',
        about: refusal,
      });
      s.check(refusal.status !== 500 && refusal.status !== 502, {
        rule: 'That no instance is free is no failure of the scheduler.',
        expected: 'a refusal',
        came: describe(refusal),
        about: refusal,
      });
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
      await giveBack(s, one);
      const [next] = await claimUpTo(s, 1);
      s.check(next !== undefined, {
        rule: 'What is given back is granted to the next claim, and kept for none that was refused.',
        expected: 'an instance',
        came: next?.instance ?? 'none',
      });
    },
  },
  {
    id: 'POOL-002',
    requirement: 'All instances can be claimed again after they have been given back.',
    evidence: 'documented',
    source: 'release',
    level: 'disruptive',
    operations: ['claimInstance', 'releaseInstance'],
    run: async (s) => {
      const held = await holdAll(s);
      for (const one of held) {
        await spawn(s, one);
        await release(s, one);
      }
      const again = await checkAllAvailable(s, held.length, 'the release of their runs');
      const answers = await Promise.all(again.map((one) => sendRelease(s, one)));
      // Whether a claim may be released that was never spawned is asked elsewhere; where it may, it is over.
      if (answers.every(({ status }) => status === 200)) {
        await checkAllAvailable(s, again.length, 'the release of claims that were not spawned', 'inferred');
      }
    },
  },
  {
    id: 'POOL-003',
    requirement: 'A refused spawn or release costs no instance.',
    evidence: 'documented',
    source: 'functions',
    level: 'disruptive',
    operations: ['spawnInstance', 'releaseInstance'],
    run: async (s) => {
      const held = await holdAll(s);
      for (const one of held) {
        const wrong = { ...one, token: freshToken(s) };
        checkRefused(s, await sendSpawn(s, wrong), 'Spawn needs the token the instance was claimed with.');
        checkRefused(s, await sendRelease(s, wrong), 'Release needs the token the instance was claimed with.');
      }
      for (const one of held) {
        await spawn(s, one, undefined, changesNothing);
        await release(s, one);
      }
      await checkAllAvailable(s, held.length, 'refusals and their release');
    },
  },
  {
    id: 'POOL-004',
    requirement: 'Instances return to the pool when their claims run out, and the old tokens open them no more.',
    evidence: 'documented',
    source: 'lease',
    level: 'disruptive',
    operations: ['claimInstance', 'spawnInstance'],
    // After those that wait, so that it can look at what they have let run out.
    waits: { instances: Number.POSITIVE_INFINITY },
    run: async (s) => {
      const waitedFor = s.run.lapsed.filter(({ container }) => container === s.container);
      const held = waitedFor.length > 0 ? waitedFor : await holdAll(s);
      if (waitedFor.length === 0) await s.pass(expiryMs);
      const all = s.run.capacities.get(s.container) ?? held.length;
      const again = await checkAllAvailable(s, all, 'ten seconds without a spawn');
      for (const old of held) {
        checkRefused(s, await sendSpawn(s, old), 'A claim that has run out is over.');
        const next = again.find(({ instance }) => instance === old.instance);
        if (next !== undefined) await releaseUnderOldToken(s, old, next);
      }
    },
  },
  {
    id: 'POOL-005',
    requirement: 'Instances return to the pool when their functions end by themselves.',
    evidence: 'inferred',
    level: 'disruptive',
    operations: ['claimInstance', 'spawnInstance'],
    needs: ['callback'],
    questions: ['exit-ends-the-claim'],
    run: async (s) => {
      const held = await holdAll(s);
      await Promise.all(held.map((one) => spawnProbe(s, one, { PROBE_RUN_MS: '100' })));
      await s.pass(150);
      await s.until(async () => {
        const listed = await active(s);
        return held.every(({ instance }) => !(instance in listed));
      });
      const again = await checkAllAvailable(s, held.length, 'the end of their functions', 'inferred');
      // What was granted again is held under its new token alone.
      for (const { container, instance, token } of held.filter((old) =>
        again.some((one) => one.instance === old.instance),
      )) {
        s.run.holdings.drop(container, instance, token);
      }
      const behaviour = again.length === held.length ? 'at-once' : 'not-by-itself';
      s.observe('exit-ends-the-claim', { behaviour });
    },
  },
  {
    id: 'POOL-006',
    requirement: 'Claim never grants an instance at work, even when all others are taken.',
    evidence: 'documented',
    source: 'claim',
    level: 'disruptive',
    operations: ['claimInstance'],
    run: async (s) => {
      const [first, ...others] = await holdAll(s);
      if (first === undefined) return s.skip('there is no instance');
      await spawn(s, first);
      if (!(await isSeenAtWork(s, first))) s.skip('the function ends by itself');
      const further = beginClaim(s);
      // None is free: what comes within this time comes from those that are taken.
      await s.until(further.isAnswered, Math.min(s.run.settleMs, 500));
      await leaveLine(s, [further]);
      const granted = await grantedTo(further);
      if (granted === first.instance && !(await isListed(s, first))) s.skip('the function ends by itself');
      s.check(![first, ...others].some(({ instance }) => instance === granted), {
        rule: 'Claim grants an instance that is reserved or at work to no other caller.',
        expected: 'none of those that are taken',
        came: granted ?? 'no grant',
      });
    },
  },
  {
    id: 'POOL-007',
    requirement: 'Which of several available instances is granted is the scheduler’s choice.',
    evidence: 'our-choice',
    level: 'disruptive',
    operations: ['claimInstance'],
    questions: ['order-of-instances'],
    run: async (s) => {
      const orders = new Set<string>();
      for (let round = 0; round < 3; round += 1) {
        const held = await holdAll(s);
        const [first, second] = held;
        if (first === undefined || second === undefined) return s.skip('there is only one instance');
        for (const one of held) await giveBack(s, one);
        const again = await holdAll(s);
        const [one, other] = [first, second].map(({ instance }) =>
          again.findIndex((next) => next.instance === instance),
        );
        if (one === undefined || other === undefined || one < 0 || other < 0) continue;
        orders.add(one < other ? 'longest-available-first' : 'latest-released-first');
        for (const one of again) await giveBack(s, one);
      }
      const [only] = orders;
      if (only === undefined) return s.skip('not judged: other instances were granted than those that were given back');
      s.observe('order-of-instances', { behaviour: orders.size === 1 ? only : 'varies' });
    },
  },
  {
    id: 'POOL-008',
    requirement: 'However many claims come at the same moment, no instance is granted twice, and none is lost.',
    evidence: 'documented',
    source: 'claim',
    level: 'disruptive',
    operations: ['claimInstance'],
    run: async (s) => {
      const count = await countFree(s);
      // Not more than twice as many: what a target keeps for those that hang up is kept once for each instance.
      const rush = Array.from({ length: Math.min(2 * count, 40) }, () => beginClaim(s));
      const answered = () => rush.filter((pending) => pending.isAnswered());
      await s.until(() => answered().length >= count);
      await leaveLine(s, rush);
      const granted = (await Promise.all(rush.map(grantedTo))).filter((instance) => instance !== null);
      s.presume(granted.length > 1, {
        rule: 'Claims at the same moment are granted what is free.',
        expected: `${count} grants`,
        came: String(granted.length),
      });
      s.check(new Set(granted).size === granted.length, {
        rule: grantedOnce,
        expected: 'different instances',
        came: granted.join(', '),
      });
    },
  },
  {
    id: 'POOL-009',
    requirement: 'After all that came before, the function still has all its instances.',
    evidence: 'documented',
    source: 'claim',
    level: 'disruptive',
    operations: ['claimInstance'],
    run: async (s) => {
      const held = await holdAll(s);
      for (const one of held) await checkUnlisted(s, one, { rule: 'A claim starts nothing.' });
    },
  },
];
