import {
  type Answer,
  changesNothing,
  excerpt,
  fieldOf,
  group,
  nearTokens,
  type Scenario,
  timeOf,
  unknownId,
} from '../kit/index.ts';

const define = group({
  evidence: 'documented',
  source: 'release',
  level: 'lifecycle',
  operations: ['releaseInstance'],
});

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
  const statedMs = momentOf(answer, 'released') - momentOf(answer, 'claimed');
  s.check(Math.abs(statedMs - heldMs) < toleranceMs, {
    rule: 'Release says when the claim began and ended.',
    expected: `released about ${Math.round(heldMs)} ms after claimed`,
    came: Number.isNaN(statedMs) ? `claimed ${excerpt(fieldOf(answer.data, 'claimed'))}` : `${statedMs} ms`,
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
    rule: 'Release says times of the present.',
    expected: 'a time of these days',
    came: new Date(released).toISOString(),
    evidence: 'inferred',
    about: answer,
  });
};

/** Giving back. */
export const releases = [
  define(
    'RELEASE-001',
    'Release ends a run, answers when it was claimed, spawned and released, and active no longer lists it.',
    {
      operations: ['releaseInstance', 'getActiveInstances'],
      questions: ['release-answer'],
      run: async (s) => {
        const claimed = await s.claim();
        const claimedAt = s.run.clock.now();
        await s.spawn(claimed);
        const answer = await s.release(claimed);
        if (answer.status !== 200) s.skip('the function ends by itself, before it could be released');
        checkTimes(s, answer, s.run.clock.now() - claimedAt);
        checkPresent(s, answer);
        if (fieldOf(answer.data, 'released') !== undefined && fieldOf(answer.data, 'spawned') !== undefined) {
          s.check(!Number.isNaN(momentOf(answer, 'spawned')), {
            rule: 'Release of a run says when it was spawned.',
            expected: 'a date-time in spawned',
            came: excerpt(fieldOf(answer.data, 'spawned')),
            evidence: 'inferred',
            about: answer,
          });
        }
        observeSchema(s, answer);
        await s.checkUnlisted(claimed, 'Active lists instances that are starting or running.');
      },
    },
  ),
  define('RELEASE-002', 'Release with another token is refused, and the run goes on.', {
    questions: ['wrong-token-on-release'],
    run: async (s) => {
      // A run that ends by itself may be over before, and nothing be claimed any more.
      const question = s.run.endsByItself ? undefined : 'wrong-token-on-release';
      const claimed = await s.claim();
      const other = await s.tryClaim();
      await s.spawn(claimed);
      const wasListed = await s.isSeenAtWork(claimed);
      const wrong = [s.freshToken(), ...nearTokens(claimed.token), ...('token' in other ? [other.token] : [])];
      for (const attempt of wrong) {
        const answer = await s.sendRelease({ ...claimed, token: attempt });
        if (!s.checkRefused(answer, ownClaimOnly, question)) return;
      }
      await s.checkRunsOn(claimed, wasListed);
      await s.release(claimed);
    },
  }),
  define('RELEASE-003', 'Release of a claim with another token is refused, and the claim holds.', async (s) => {
    const claimed = await s.claim();
    if (!s.checkRefused(await s.sendRelease({ ...claimed, token: s.freshToken() }), ownClaimOnly)) return;
    await s.spawn(claimed, undefined, changesNothing);
  }),
  define('RELEASE-004', 'Release of an instance that the function does not have is refused.', {
    level: 'claim',
    questions: ['unknown-instance-on-release'],
    run: async (s) => {
      const claimed = await s.claim();
      const answer = await s.sendRelease({ ...claimed, instance: unknownId() });
      s.checkRefused(answer, 'Release is about an instance of the function.', 'unknown-instance-on-release');
    },
  }),
  define('RELEASE-005', 'Release of another function’s instance is refused, and the run goes on.', {
    needs: ['two-functions'],
    questions: ['other-functions-instance-on-release'],
    run: async (s) => {
      const claimed = await s.start();
      const wasListed = await s.isSeenAtWork(claimed);
      const answer = await s.sendRelease({ ...claimed, container: s.secondContainer });
      const rule = 'Release is about an instance of the function in the path.';
      s.checkRefused(answer, rule, 'other-functions-instance-on-release');
      await s.checkRunsOn(claimed, wasListed);
    },
  }),
  define('RELEASE-006', 'A claim may be released that was never spawned; then it is over.', {
    evidence: 'inferred',
    questions: ['release-before-spawn'],
    run: async (s) => {
      const claimed = await s.claim();
      const answer = await s.sendRelease(claimed);
      s.observeAnswer('release-before-spawn', answer);
      if (answer.status !== 200) return;
      const spawned = fieldOf(answer.data, 'spawned');
      s.check(spawned === null || spawned === undefined, {
        rule: 'A claim that was never spawned has no time of its spawn.',
        expected: 'spawned is null',
        came: excerpt(spawned),
        about: answer,
      });
      const late = await s.sendSpawn(claimed);
      s.checkRefused(late, 'What has been released is no longer its caller’s.');
    },
  }),
  define(
    'RELEASE-007',
    'What answers a release of what is not claimed, or of what was released before, is the scheduler’s choice.',
    {
      evidence: 'our-choice',
      questions: ['second-release', 'release-without-claim'],
      run: async (s) => {
        const claimed = await s.start();
        await s.release(claimed);
        s.observeAnswer('second-release', await s.sendRelease(claimed));
        const freed = await s.freedClaim();
        s.observeAnswer('release-without-claim', await s.sendRelease({ ...freed, token: s.freshToken() }));
      },
    },
  ),
  define('RELEASE-008', 'One token may hold two runs: release ends the one it is asked for.', async (s) => {
    const first = await s.claim();
    const second = await s.claimAgain(first);
    await s.spawn(first);
    await s.spawn(second);
    const wasListed = await s.isSeenAtWork(first);
    await s.release(second);
    if (wasListed) await s.checkListed(first, 'Release ends the run asked for, and no other.');
    await s.release(first);
  }),
];
