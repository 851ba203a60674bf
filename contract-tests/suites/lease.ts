import type { ContractCase } from '../../src/contract/case.ts';
import { checkListed, isSeenAtWork } from '../../src/contract/listing.ts';
import {
  type Claim,
  claim,
  freshToken,
  giveBack,
  release,
  sendRelease,
  sendSpawn,
  spawn,
} from '../../src/contract/moves.ts';
import { checkInTime, checkRefused, observeAnswer } from '../../src/contract/observations.ts';
import { expiryMs } from '../../src/contract/run/holdings.ts';
import type { Scenario } from '../../src/contract/scenario.ts';
import { claimShare, isAlone } from '../../src/contract/side-by-side.ts';
import { type Answer, describe } from '../../src/contract/target/requests.ts';
import { beginClaim, grantedTo, leaveLine } from '../../src/contract/waiting-line.ts';

const tenSeconds = 'A claim that is not spawned within ten seconds ends.';
/** Nearly the whole lease, with time for the request to arrive. */
const nearlyMs = 9_250;
const halfMs = 6_000;
/** Beside others it is over a little earlier, so that its instance is free before their leases end. */
const soonerMs = 9_050;
/** When it is free, and how long that may take before leases begin to end. */
const furtherMs = 9_500;
const furtherWithinMs = 300;

/** A claim that does not stay in line: what others let run out is not for it. */
const claimAtOnce = async (s: Scenario, token: string): Promise<string | null> => {
  const pending = beginClaim(s, token);
  await s.until(pending.isAnswered, isAlone(s) ? s.run.settleMs : furtherWithinMs);
  await leaveLine(s, [pending]);
  return await grantedTo(pending);
};

/** A claim that has run out: a case that comes later looks at what has become of its instance. */
const lapse = (s: Scenario, { container, instance, token }: Claim): void => {
  s.run.lapsed.push({ owner: s.id, container, instance, token });
};

/**
 * The answer to a spawn after the ten seconds. Ends may lag, as where leases are swept: a claim that still opened is tried
 * once more with the time that they may. `ask` claims, and spawns so much later than the lease lasts.
 */
const spawnAfterLease = async (s: Scenario, ask: (lagMs: number) => Promise<Answer>): Promise<Answer> => {
  const answer = await ask(0);
  return answer.status === 200 ? await ask(s.run.settleMs) : answer;
};

/** Another claim for one that could be spawned too late: it is given back before. */
const replace = async (s: Scenario, started: Claim): Promise<Claim> => {
  await giveBack(s, started);
  return await claim(s);
};

/** The ten seconds. */
export const leases: readonly ContractCase[] = [
  {
    id: 'LEASE-001',
    requirement: 'A claim holds for ten seconds: after nine it can be spawned.',
    evidence: 'documented',
    source: 'lease',
    level: 'disruptive',
    operations: ['spawnInstance'],
    waits: { instances: 1, frees: 1 },
    run: async (s) => {
      s.note('D6');
      const since = s.run.clock.now();
      const claimed = await claim(s);
      await s.pass(isAlone(s) ? nearlyMs : soonerMs);
      const answer = await sendSpawn(s, claimed);
      checkInTime(s, since, answer, tenSeconds, '200 after nine seconds');
    },
  },
  {
    id: 'LEASE-002',
    requirement: 'A claim that is not spawned ends after ten seconds.',
    evidence: 'documented',
    source: 'lease',
    level: 'disruptive',
    operations: ['spawnInstance'],
    questions: ['spawn-after-expiry', 'release-after-expiry'],
    waits: { instances: 1 },
    run: async (s) => {
      s.note('D6');
      let claimed = await claim(s);
      const answer = await spawnAfterLease(s, async (lagMs) => {
        if (lagMs > 0) claimed = await replace(s, claimed);
        await s.pass(expiryMs + lagMs);
        const late = await sendSpawn(s, claimed);
        s.check(late.status !== 200 || lagMs > 0, {
          rule: 'A claim ends when its ten seconds are over, without delay.',
          expected: `a refusal after ${expiryMs / 1_000} s`,
          came: describe(late),
          evidence: 'inferred',
          about: late,
        });
        return late;
      });
      if (answer.status !== 200) lapse(s, claimed);
      checkRefused(s, answer, tenSeconds, 'spawn-after-expiry');
      observeAnswer(s, 'release-after-expiry', await sendRelease(s, claimed));
    },
  },
  {
    id: 'LEASE-003',
    requirement: 'A refused spawn does not make a claim last longer.',
    evidence: 'documented',
    source: 'lease',
    level: 'disruptive',
    operations: ['spawnInstance'],
    waits: { instances: 1 },
    run: async (s) => {
      let claimed = await claim(s);
      const answer = await spawnAfterLease(s, async (lagMs) => {
        if (lagMs > 0) claimed = await replace(s, claimed);
        await s.pass(halfMs);
        const refusal = await sendSpawn(s, { ...claimed, token: freshToken(s) });
        checkRefused(s, refusal, 'Spawn needs the token the instance was claimed with.');
        await s.pass(expiryMs + lagMs - halfMs);
        return await sendSpawn(s, claimed);
      });
      if (answer.status !== 200) lapse(s, claimed);
      checkRefused(s, answer, tenSeconds);
    },
  },
  {
    id: 'LEASE-004',
    requirement: 'A further claim under the same token does not make the first one last longer.',
    evidence: 'documented',
    source: 'lease',
    level: 'disruptive',
    operations: ['spawnInstance'],
    waits: { instances: 1, later: 1 },
    run: async (s) => {
      let first = await claim(s);
      const answer = await spawnAfterLease(s, async (lagMs) => {
        if (lagMs > 0) first = await replace(s, first);
        const atMs = isAlone(s) ? halfMs : furtherMs;
        await s.pass(atMs);
        const further = await claimAtOnce(s, first.token);
        if (further === null || further === first.instance) return s.skip('the token got no second instance');
        await s.pass(expiryMs + lagMs - atMs);
        const late = await sendSpawn(s, first);
        if (late.status === 200 && lagMs === 0) await giveBack(s, { ...first, instance: further });
        return late;
      });
      if (answer.status !== 200) lapse(s, first);
      checkRefused(s, answer, tenSeconds);
    },
  },
  {
    id: 'LEASE-005',
    requirement: 'Ten seconds do not end a claim that has been spawned.',
    evidence: 'documented',
    source: 'lease',
    level: 'disruptive',
    operations: ['spawnInstance', 'releaseInstance'],
    waits: { instances: 1 },
    run: async (s) => {
      const claimed = await claim(s);
      await spawn(s, claimed);
      if (!(await isSeenAtWork(s, claimed))) s.skip('the function ends by itself');
      await s.pass(expiryMs);
      await checkListed(s, claimed, { rule: 'The ten seconds are for the spawn; a run has its own time.' });
      await release(s, claimed);
    },
  },
  {
    id: 'LEASE-006',
    requirement: 'The ten seconds of a claim that was given back do not end the instance’s next claim.',
    evidence: 'documented',
    source: 'lease',
    level: 'disruptive',
    operations: ['spawnInstance', 'releaseInstance'],
    waits: { instances: 1, takesRest: true },
    run: async (s) => {
      const first = await claim(s);
      await s.pass(halfMs);
      await giveBack(s, first);
      const since = s.run.clock.now();
      const next = (await claimShare(s)).find(({ instance }) => instance === first.instance);
      if (next === undefined) return s.skip('the same instance was not granted again');
      await s.pass(expiryMs - halfMs);
      const answer = await sendSpawn(s, next);
      checkInTime(s, since, answer, tenSeconds);
    },
  },
];
