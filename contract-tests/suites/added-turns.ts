import type { ContractCase } from '../../src/contract/case.ts';
import { arrive, beginClaim, claimUpTo, holdAll, type Pending } from '../../src/contract/exhaustion.ts';
import { fieldOf, textOf } from '../../src/contract/json.ts';
import { type Claim, claim, giveBack, sendRelease, sendSpawn, spawn } from '../../src/contract/moves.ts';
import { spawnProbe } from '../../src/contract/probe.ts';
import type { Scenario } from '../../src/contract/scenario.ts';
import { describe } from '../../src/contract/target/requests.ts';

/** All instances, each under a claim that has just begun and is not spawned. */
const claimAll = async (s: Scenario): Promise<readonly Claim[]> => {
  const held = await holdAll(s);
  for (const one of held) await giveBack(s, one);
  return await claimUpTo(s, held.length);
};

const joinLine = async (s: Scenario): Promise<Pending> => {
  const waiting = beginClaim(s);
  await arrive(s);
  if (waiting.isAnswered()) s.skip('claims do not wait here');
  return waiting;
};

const isGranted = async (waiting: Pending): Promise<boolean> => {
  const reply = await waiting.reply;
  return reply.failure === undefined && reply.status === 200;
};

/** What a waiting claim got, once something has become free. */
const checkServed = async (s: Scenario, waiting: Pending, rule: string): Promise<void> => {
  const isServed = await s.until(waiting.isAnswered);
  if (!isServed) waiting.hangUp();
  const reply = await waiting.reply;
  const came = reply.failure === undefined ? describe(reply) : 'no answer';
  s.check(await isGranted(waiting), { rule, expected: 'the instance', came });
};

const stepMs = 400;

/** What happens at the turn of one claim to the next. */
export const turns: readonly ContractCase[] = [
  {
    id: 'TURN-001',
    requirement: 'A waiting claim is granted the instance of a claim whose ten seconds are over.',
    evidence: 'inferred',
    level: 'disruptive',
    operations: ['claimInstance'],
    run: async (s) => {
      const [first] = await claimAll(s);
      if (first === undefined) return s.skip('there is no instance');
      await s.pass(9_000);
      const waiting = await joinLine(s);
      let passedMs = 0;
      for (; passedMs < 4 * stepMs && !waiting.isAnswered(); passedMs += stepMs) await s.pass(stepMs);
      const isGivenUp = waiting.isAnswered() && passedMs < 4 * stepMs && !(await isGranted(waiting));
      if (isGivenUp) s.skip('claims do not wait for long enough here');
      await checkServed(s, waiting, 'An instance whose claim has ended is available, to those in line as well.');
    },
  },
  {
    id: 'TURN-002',
    requirement: 'A waiting claim is granted the instance of a function that has ended by itself.',
    evidence: 'inferred',
    level: 'disruptive',
    operations: ['claimInstance', 'spawnInstance'],
    needs: ['callback'],
    run: async (s) => {
      const [first, ...others] = await claimAll(s);
      if (first === undefined) return s.skip('there is no instance');
      for (const other of others) await spawn(s, other);
      await spawnProbe(s, first, { PROBE_RUN_MS: '600' });
      const waiting = await joinLine(s);
      await s.pass(700);
      await checkServed(s, waiting, 'An instance whose run has ended is available, to those in line as well.');
    },
  },
  {
    id: 'TURN-003',
    requirement: 'A claim that waited has its ten seconds from the moment it was granted.',
    evidence: 'documented',
    level: 'disruptive',
    operations: ['claimInstance', 'spawnInstance'],
    run: async (s) => {
      const [first] = await claimAll(s);
      if (first === undefined) return s.skip('there is no instance');
      const waiting = await joinLine(s);
      await s.pass(800);
      if (waiting.isAnswered()) s.skip('claims do not wait for long enough here');
      await giveBack(s, first);
      await s.until(waiting.isAnswered);
      const reply = await waiting.reply;
      const instance = reply.failure === undefined ? textOf(fieldOf(reply.data, 'instance_id')) : null;
      const token = reply.failure === undefined ? textOf(fieldOf(reply.data, 'token')) : null;
      if (reply.failure !== undefined || instance === null || token === null) return s.skip('claims do not wait here');
      await s.pass(9_400);
      const answer = await sendSpawn(s, { container: s.container, instance, token, answer: reply });
      s.check(answer.status === 200, {
        rule: 'A claim lasts for ten seconds.',
        expected: '200 within the ten seconds',
        came: describe(answer),
        about: answer,
      });
    },
  },
  {
    id: 'TURN-004',
    requirement: 'However often a run is released at the same moment, its instance is available once.',
    evidence: 'documented',
    level: 'disruptive',
    operations: ['claimInstance', 'releaseInstance'],
    run: async (s) => {
      const held = await holdAll(s);
      for (const one of held) await giveBack(s, one);
      const claimed = await claim(s);
      await spawn(s, claimed);
      const answers = await Promise.all([sendRelease(s, claimed), sendRelease(s, claimed), sendRelease(s, claimed)]);
      s.check(
        answers.some(({ status }) => status === 200),
        {
          rule: 'Release ends a run for the caller who has claimed it.',
          expected: 'one 200 at least',
          came: answers.map(describe).join(', '),
        },
      );
      const again = (await claimUpTo(s, held.length + 1)).map(({ instance }) => instance);
      s.check(new Set(again).size === again.length && again.length <= held.length, {
        rule: 'A reserved instance is granted to nobody else.',
        expected: `${held.length} different instances`,
        came: again.join(', '),
      });
    },
  },
];
