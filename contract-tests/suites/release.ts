import {
  changesNothing,
  claim,
  claimAgain,
  freedClaim,
  freshToken,
  release,
  sendRelease,
  sendSpawn,
  spawn,
  tryClaim,
  unknownId,
} from '../kit/actions.ts';
import type { ContractCase } from '../kit/case.ts';
import { checkListed, checkRunsOn, checkUnlisted, isSeenAtWork } from '../kit/listing.ts';
import { checkRefused, observeAnswer } from '../kit/observations.ts';
import type { Answer } from '../kit/requests.ts';
import type { Scenario } from '../kit/scenario.ts';
import { excerpt, fieldOf, timeOf } from '../model/json.ts';

const ownClaimOnly = 'Release needs the token the instance was claimed with.';

const momentOf = (answer: Answer, name: string): number => timeOf(fieldOf(answer.data, name));

/** Both clocks may run a little apart, and answers travel. */
const toleranceMs = 2_000;

const observeSchema = (s: Scenario, answer: Answer): void => {
  const has = (...names: readonly string[]): boolean => names.every((name) => fieldOf(answer.data, name) !== undefined);
  const isSpawned = has('server_id', 'environment', 'token');
  const isReleased = has('released');
  const behaviour = isSpawned && isReleased ? 'both' : isSpawned ? 'SpawnedInstance' : 'ReleasedInstance';
  // Both readings of the description are allowed (D2), so that a difference is worth a note and no warning.
  s.observe('release-answer', { behaviour }, answer);
};

const checkTimes = (s: Scenario, answer: Answer, heldMs: number): void => {
  // Of its fields ReleasedInstance requires the ID alone.
  if (Number.isNaN(momentOf(answer, 'released')) || fieldOf(answer.data, 'claimed') === undefined) return;
  const toldMs = momentOf(answer, 'released') - momentOf(answer, 'claimed');
  s.check(Math.abs(toldMs - heldMs) < toleranceMs, {
    rule: 'Release tells when the claim began and ended.',
    expected: `released about ${Math.round(heldMs)} ms after claimed`,
    came: Number.isNaN(toldMs) ? `claimed ${excerpt(fieldOf(answer.data, 'claimed'))}` : `${toldMs} ms`,
    evidence: 'inferred',
    about: answer,
  });
};

const dayMs = 86_400_000;

/** The target's clock may differ from ours, but by less than a week. */
const checkPresent = (s: Scenario, answer: Answer): void => {
  const released = momentOf(answer, 'released');
  if (Number.isNaN(released)) return;
  s.check(Math.abs(released - Date.now()) < 7 * dayMs, {
    rule: 'Release tells times of the present.',
    expected: 'a time of these days',
    came: new Date(released).toISOString(),
    evidence: 'inferred',
    about: answer,
  });
};

/** Giving back. */
export const releases: readonly ContractCase[] = [
  {
    id: 'RELEASE-001',
    requirement: 'Release ends a run, tells when it was claimed, spawned and released, and active no longer lists it.',
    evidence: 'documented',
    source: 'release',
    level: 'lifecycle',
    operations: ['releaseInstance', 'getActiveInstances'],
    questions: ['release-answer'],
    run: async (s) => {
      const claimed = await claim(s);
      const claimedAt = s.run.clock.now();
      await spawn(s, claimed);
      const answer = await release(s, claimed);
      if (answer.status !== 200) s.skip('the function ends by itself, before it could be released');
      checkTimes(s, answer, s.run.clock.now() - claimedAt);
      checkPresent(s, answer);
      if (fieldOf(answer.data, 'released') !== undefined && fieldOf(answer.data, 'spawned') !== undefined) {
        s.check(!Number.isNaN(momentOf(answer, 'spawned')), {
          rule: 'Release of a run tells when it was spawned.',
          expected: 'a date-time in spawned',
          came: excerpt(fieldOf(answer.data, 'spawned')),
          evidence: 'inferred',
          about: answer,
        });
      }
      observeSchema(s, answer);
      await checkUnlisted(s, claimed, { rule: 'Active lists instances that are starting or running.' });
    },
  },
  {
    id: 'RELEASE-002',
    requirement: 'Release with another token is refused, and the run goes on.',
    evidence: 'documented',
    source: 'release',
    level: 'lifecycle',
    operations: ['releaseInstance'],
    questions: ['wrong-token-on-release'],
    run: async (s) => {
      const claimed = await claim(s);
      const other = await tryClaim(s);
      await spawn(s, claimed);
      const wasListed = await isSeenAtWork(s, claimed);
      const { token } = claimed;
      const wrong = [
        freshToken(s), token.toUpperCase(), token.slice(0, -1), `${token}x`, token.slice(0, 5),
        `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`, ...('token' in other ? [other.token] : []),
      ]; // biome-ignore format: a list of tokens
      for (const attempt of wrong) {
        const answer = await sendRelease(s, { ...claimed, token: attempt });
        if (!checkRefused(s, answer, ownClaimOnly, 'wrong-token-on-release')) return;
      }
      await checkRunsOn(s, claimed, wasListed);
      await release(s, claimed);
    },
  },
  {
    id: 'RELEASE-003',
    requirement: 'Release of a claim with another token is refused, and the claim holds.',
    evidence: 'documented',
    source: 'release',
    level: 'lifecycle',
    operations: ['releaseInstance'],
    run: async (s) => {
      const claimed = await claim(s);
      if (!checkRefused(s, await sendRelease(s, { ...claimed, token: freshToken(s) }), ownClaimOnly)) return;
      await spawn(s, claimed, undefined, changesNothing);
    },
  },
  {
    id: 'RELEASE-004',
    requirement: 'Release of an instance that the function does not have is refused.',
    evidence: 'documented',
    source: 'release',
    level: 'claim',
    operations: ['releaseInstance'],
    questions: ['unknown-instance-on-release'],
    run: async (s) => {
      const claimed = await claim(s);
      const answer = await sendRelease(s, { ...claimed, instance: unknownId() });
      checkRefused(s, answer, 'Release is about an instance of the function.', 'unknown-instance-on-release');
    },
  },
  {
    id: 'RELEASE-005',
    requirement: 'Release of another function’s instance is refused, and the run goes on.',
    evidence: 'documented',
    source: 'release',
    level: 'lifecycle',
    operations: ['releaseInstance'],
    needs: ['two-functions'],
    questions: ['other-functions-instance-on-release'],
    run: async (s) => {
      const claimed = await claim(s);
      await spawn(s, claimed);
      const wasListed = await isSeenAtWork(s, claimed);
      const answer = await sendRelease(s, { ...claimed, container: s.secondContainer });
      const rule = 'Release is about an instance of the function in the path.';
      checkRefused(s, answer, rule, 'other-functions-instance-on-release');
      await checkRunsOn(s, claimed, wasListed);
    },
  },
  {
    id: 'RELEASE-006',
    requirement: 'A claim may be released that was never spawned; then it is over.',
    evidence: 'inferred',
    level: 'lifecycle',
    operations: ['releaseInstance'],
    questions: ['release-before-spawn'],
    run: async (s) => {
      const claimed = await claim(s);
      const answer = await sendRelease(s, claimed);
      observeAnswer(s, 'release-before-spawn', answer);
      if (answer.status !== 200) return;
      const spawned = fieldOf(answer.data, 'spawned');
      s.check(spawned === null || spawned === undefined, {
        rule: 'A claim that was never spawned has no time of its spawn.',
        expected: 'spawned is null',
        came: excerpt(spawned),
        about: answer,
      });
      const late = await sendSpawn(s, claimed);
      checkRefused(s, late, 'What has been released is no longer its caller’s.');
    },
  },
  {
    id: 'RELEASE-007',
    requirement:
      'What answers a release of what is not claimed, or of what was released before, is the scheduler’s choice.',
    evidence: 'our-choice',
    level: 'lifecycle',
    operations: ['releaseInstance'],
    questions: ['second-release', 'release-without-claim'],
    run: async (s) => {
      const claimed = await claim(s);
      await spawn(s, claimed);
      await release(s, claimed);
      observeAnswer(s, 'second-release', await sendRelease(s, claimed));
      const freed = await freedClaim(s);
      observeAnswer(s, 'release-without-claim', await sendRelease(s, { ...freed, token: freshToken(s) }));
    },
  },
  {
    id: 'RELEASE-008',
    requirement: 'One token may hold two runs: release ends the one it is asked for.',
    evidence: 'documented',
    source: 'release',
    level: 'lifecycle',
    operations: ['releaseInstance'],
    run: async (s) => {
      const first = await claim(s);
      const second = await claimAgain(s, first);
      await spawn(s, first);
      await spawn(s, second);
      const wasListed = await isSeenAtWork(s, first);
      await release(s, second);
      if (wasListed) await checkListed(s, first, { rule: 'Release ends the run asked for, and no other.' });
      await release(s, first);
    },
  },
  {
    id: 'RELEASE-009',
    requirement: 'A released instance is available again: runs may follow one another for as long as one likes.',
    evidence: 'documented',
    source: 'functions',
    level: 'lifecycle',
    operations: ['claimInstance', 'spawnInstance', 'releaseInstance'],
    run: async (s) => {
      for (let round = 0; round < 3; round += 1) {
        const claimed = await claim(s);
        await spawn(s, claimed);
        await release(s, claimed);
      }
    },
  },
];
