import { changesNothing, describe, group, nearTokens, rules, unknownId } from '../kit/index.ts';

const define = group({ evidence: 'documented', source: 'spawn', level: 'lifecycle', operations: ['spawnInstance'] });

const ownClaimOnly = 'Spawn needs the token the instance was claimed with.';

/** Starting. */
export const spawns = [
  define(
    'SPAWN-001',
    'Spawn starts a claimed instance and answers where it runs, with the claim’s network and token.',
    {
      operations: ['claimInstance', 'spawnInstance', 'releaseInstance'],
      run: async (s) => {
        const claimed = await s.start();
        await s.release(claimed);
      },
    },
  ),
  define('SPAWN-004', 'Spawn with another token is refused and leaves the claim as it was.', {
    questions: ['wrong-token-on-spawn'],
    run: async (s) => {
      const claimed = await s.claim();
      const other = await s.tryClaim();
      const wrong = [s.freshToken(), ...nearTokens(claimed.token), ...('token' in other ? [other.token] : [])];
      for (const attempt of wrong) {
        const answer = await s.sendSpawn({ ...claimed, token: attempt });
        if (!s.checkRefused(answer, ownClaimOnly, 'wrong-token-on-spawn')) return;
      }
      await s.checkUnlisted(claimed, ownClaimOnly);
      await s.spawn(claimed, undefined, changesNothing);
    },
  }),
  define('SPAWN-005', 'Spawn of an instance that the function does not have is refused.', {
    level: 'claim',
    questions: ['unknown-instance-on-spawn'],
    run: async (s) => {
      const claimed = await s.claim();
      const answer = await s.sendSpawn({ ...claimed, instance: unknownId() });
      s.checkRefused(answer, 'Spawn is about an instance of the function.', 'unknown-instance-on-spawn');
    },
  }),
  define('SPAWN-006', 'Spawn refuses an instance without a claim, also after its release.', {
    questions: ['spawn-without-claim', 'spawn-after-release'],
    run: async (s) => {
      const freed = await s.freedClaim();
      const rule = rules.spawns.rule;
      s.checkRefused(await s.sendSpawn(freed), rule, 'spawn-after-release');
      s.checkRefused(await s.sendSpawn({ ...freed, token: s.freshToken() }), rule, 'spawn-without-claim');
      await s.checkUnlisted(freed, rule);
    },
  }),
  define('SPAWN-007', 'A claim is spawned once: a second spawn is refused and does not disturb the run.', {
    evidence: 'inferred',
    questions: ['second-spawn'],
    run: async (s) => {
      const claimed = await s.start();
      const wasListed = await s.isSeenAtWork(claimed);
      s.checkRefused(await s.sendSpawn(claimed), 'A claim is spawned once.', 'second-spawn');
      await s.checkRunsOn(claimed, wasListed);
    },
  }),
  define('SPAWN-008', 'Of two spawns of a claim at the same moment one is accepted.', {
    evidence: 'inferred',
    run: async (s) => {
      const claimed = await s.claim();
      const answers = await Promise.all([s.sendSpawn(claimed), s.sendSpawn(claimed)]);
      const accepted = answers.filter(({ status }) => status === 200).length;
      s.check(accepted === 1, {
        rule: 'A claim is spawned once.',
        expected: 'one 200',
        came: answers.map(describe).join(' and '),
      });
    },
  }),
  define('SPAWN-009', 'Spawn of another function’s instance is refused.', {
    needs: ['two-functions'],
    questions: ['other-functions-instance-on-spawn'],
    run: async (s) => {
      const claimed = await s.claim();
      const answer = await s.sendSpawn({ ...claimed, container: s.secondContainer });
      const rule = 'Spawn is about an instance of the function in the path.';
      s.checkRefused(answer, rule, 'other-functions-instance-on-spawn');
      if (answer.status === 200) return;
      // The same the other way round, and properly.
      const second = await s.claim({ container: s.secondContainer });
      s.checkRefused(await s.sendSpawn({ ...second, container: s.container }), rule);
      await s.spawn(second);
      const listedRule = 'Active lists instances of the container asked for.';
      await s.checkUnlisted({ ...second, container: s.container }, listedRule);
      await s.checkUnlisted({ ...claimed, container: s.secondContainer }, listedRule);
      await s.release(second);
    },
  }),
  define('SPAWN-010', 'One token may hold two claims: spawn starts the instance it is asked for.', {
    operations: ['spawnInstance', 'releaseInstance'],
    run: async (s) => {
      const first = await s.claim();
      const second = await s.claimAgain(first);
      await s.spawn(second);
      await s.checkUnlisted(first, 'Spawn starts the instance asked for and no other.');
      await s.spawn(first);
      await s.release(first);
      await s.checkUnlisted(first, 'Release ends the run asked for.');
      await s.release(second);
    },
  }),
];
