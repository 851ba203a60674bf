import type { ContractCase } from '../../src/contract/case.ts';
import { fieldOf } from '../../src/contract/json.ts';
import {
  active,
  type Claim,
  claim,
  freshToken,
  giveBack,
  isListed,
  release,
  sendRelease,
  sendSpawn,
  skipIfLate,
  spawn,
} from '../../src/contract/moves.ts';
import { checkRefused, observeAnswer } from '../../src/contract/observations.ts';
import { expiryMs } from '../../src/contract/run/holdings.ts';
import type { Scenario } from '../../src/contract/scenario.ts';
import { claimShare, isAlone } from '../../src/contract/side-by-side.ts';
import { describe } from '../../src/contract/target/requests.ts';
import { beginClaim, leaveLine } from '../../src/contract/waiting-line.ts';

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
const claimAtOnce = async (s: Scenario, token: string): Promise<unknown> => {
  const pending = beginClaim(s, token);
  await s.until(pending.isAnswered, isAlone(s) ? s.run.settleMs : furtherWithinMs);
  await leaveLine(s, [pending]);
  const reply = await pending.reply;
  return reply.failure === undefined ? fieldOf(reply.data, 'instance_id') : undefined;
};

/** A claim that has run out: a case that comes later looks at what has become of its instance. */
const lapse = (s: Scenario, { container, instance, token }: Claim): void => {
  s.run.lapsed.push({ owner: s.id, container, instance, token });
};

/** The ten seconds. */
export const leases: readonly ContractCase[] = [
  {
    id: 'LEASE-001',
    requirement: 'A claim holds for ten seconds: after nine it can be spawned.',
    evidence: 'documented',
    level: 'disruptive',
    operations: ['spawnInstance'],
    waits: { instances: 1, frees: 1 },
    run: async (s) => {
      s.note('D6');
      const since = s.run.clock.now();
      const claimed = await claim(s);
      await s.pass(isAlone(s) ? nearlyMs : soonerMs);
      const answer = await sendSpawn(s, claimed);
      skipIfLate(s, since, answer);
      s.check(answer.status === 200, {
        rule: tenSeconds,
        expected: '200 after nine seconds',
        came: describe(answer),
        about: answer,
      });
    },
  },
  {
    id: 'LEASE-002',
    requirement: 'A claim that is not spawned ends after ten seconds.',
    evidence: 'documented',
    level: 'disruptive',
    operations: ['spawnInstance'],
    questions: ['spawn-after-expiry', 'release-after-expiry'],
    waits: { instances: 1 },
    run: async (s) => {
      s.note('D6');
      const claimed = await claim(s);
      await s.pass(expiryMs);
      lapse(s, claimed);
      checkRefused(s, await sendSpawn(s, claimed), tenSeconds, 'spawn-after-expiry');
      observeAnswer(s, 'release-after-expiry', await sendRelease(s, claimed));
    },
  },
  {
    id: 'LEASE-003',
    requirement: 'A refused spawn does not make a claim last longer.',
    evidence: 'documented',
    level: 'disruptive',
    operations: ['spawnInstance'],
    waits: { instances: 1 },
    run: async (s) => {
      const claimed = await claim(s);
      await s.pass(halfMs);
      const refusal = await sendSpawn(s, { ...claimed, token: freshToken(s) });
      checkRefused(s, refusal, 'Spawn needs the token the instance was claimed with.');
      await s.pass(expiryMs - halfMs);
      lapse(s, claimed);
      checkRefused(s, await sendSpawn(s, claimed), tenSeconds);
    },
  },
  {
    id: 'LEASE-004',
    requirement: 'A further claim under the same token does not make the first one last longer.',
    evidence: 'documented',
    level: 'disruptive',
    operations: ['spawnInstance'],
    waits: { instances: 1, later: 1 },
    run: async (s) => {
      const first = await claim(s);
      const atMs = isAlone(s) ? halfMs : furtherMs;
      await s.pass(atMs);
      const further = await claimAtOnce(s, first.token);
      if (further === undefined || further === first.instance) s.skip('the token got no second instance');
      await s.pass(expiryMs - atMs);
      lapse(s, first);
      checkRefused(s, await sendSpawn(s, first), tenSeconds);
    },
  },
  {
    id: 'LEASE-005',
    requirement: 'Ten seconds do not end a claim that has been spawned.',
    evidence: 'documented',
    level: 'disruptive',
    operations: ['spawnInstance', 'releaseInstance'],
    waits: { instances: 1 },
    run: async (s) => {
      const claimed = await claim(s);
      await spawn(s, claimed);
      if (!(await isListed(s, claimed))) s.skip('the function ends by itself');
      await s.pass(expiryMs);
      s.check(claimed.instance in (await active(s)), {
        rule: 'The ten seconds are for the spawn; a run has its own time.',
        expected: 'the run goes on',
        came: 'it is no longer active',
      });
      await release(s, claimed);
    },
  },
  {
    id: 'LEASE-006',
    requirement: 'The ten seconds of a claim that was given back do not end the instance’s next claim.',
    evidence: 'documented',
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
      skipIfLate(s, since, answer);
      s.check(answer.status === 200, {
        rule: tenSeconds,
        expected: '200 within the ten seconds',
        came: describe(answer),
        about: answer,
      });
    },
  },
];
