import {
  changesNothing,
  describe,
  excerpt,
  group,
  type JsonRecord,
  malformedVariables,
  nearTokens,
  rules,
  spawnBody,
  unknownId,
} from '../kit/index.ts';

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

const defineWithVariables = group({
  evidence: 'documented',
  source: 'variables',
  level: 'lifecycle',
  operations: ['spawnInstance'],
});

/** Starting with variables; whether they arrive is for inside.ts. */
export const spawnVariables = [
  defineWithVariables(
    'SPAWN-002',
    'Runtime variables and the variables in them may be left out, null or empty.',
    async (s) => {
      const given: readonly JsonRecord[] = [
        { runtime_variables: null },
        { runtime_variables: {} },
        { runtime_variables: { environment_variables: null } },
        { runtime_variables: { environment_variables: {} } },
      ];
      for (const more of given) {
        const claimed = await s.claim();
        const body = { ...spawnBody(claimed), ...more };
        const answer = await s.send({ operation: 'spawnInstance', body });
        s.checkOk(
          answer,
          'Runtime variables are optional and nullable, and so are their environment variables.',
          `200 to ${excerpt(more)}`,
        );
        if (answer.status === 200) await s.release(claimed);
      }
    },
  ),
  defineWithVariables(
    'SPAWN-003',
    'Variables may hold any text: of any script, of many lines, and 64 KiB of it.',
    async (s) => {
      const texts = {
        UNICODE: 'Grüße 世界 🚲',
        LINES: 'one\ntwo\r\n\tthree\n',
        EMPTY: '',
        LARGE: 'x'.repeat(64 * 1024),
      };
      const rule = 'The value of an environment variable is a string.';
      const together = await s.sendSpawn(await s.claim(), texts);
      s.checkOk(together, rule);
      if (together.status === 200) return;
      // Which of them it was.
      for (const [name, text] of Object.entries(texts)) {
        const answer = await s.sendSpawn(await s.claim(), { [name]: text });
        s.checkOk(answer, rule, `200 to ${name}=${excerpt(text).slice(0, 60)}`);
      }
    },
  ),
  defineWithVariables(
    'SPAWN-011',
    'A spawn that breaks the description is refused, starts nothing, and leaves the claim as it was.',
    {
      questions: ['mistyped-variables'],
      run: async (s) => {
        const rule = 'runtime_variables is an object of environment variables, whose values are strings.';
        const claimed = await s.claim();
        for (const runtime_variables of malformedVariables) {
          const body = { ...spawnBody(claimed), runtime_variables };
          const answer = await s.send({ operation: 'spawnInstance', body });
          if (!s.checkRefused(answer, rule, 'mistyped-variables')) return;
        }
        await s.spawn(claimed, undefined, changesNothing);
      },
    },
  ),
  defineWithVariables(
    'SPAWN-012',
    'What answers variables that no process can have is the scheduler’s choice; it does not fail over them.',
    {
      evidence: 'our-choice',
      questions: ['impossible-variables'],
      run: async (s) => {
        let claimed = await s.claim();
        for (const variables of [{ '': 'value' }, { 'A=B': 'value' }, { 'A\0B': 'value' }, { KEY: 'a\0b' }]) {
          const answer = await s.sendSpawn(claimed, variables, { licence: 'choice' });
          s.observeAnswer('impossible-variables', answer);
          if (answer.status !== 200) continue;
          await s.release(claimed);
          claimed = await s.claim();
        }
      },
    },
  ),
  defineWithVariables(
    'SPAWN-013',
    'What answers a spawn whose process cannot start is the scheduler’s choice, and the instance is not lost.',
    {
      evidence: 'our-choice',
      questions: ['failed-start'],
      run: async (s) => {
        const claimed = await s.claim();
        // Linux gives no process a variable of more than 128 KiB: the container is made, and its start fails.
        const answer = await s.sendSpawn(claimed, { LARGE: 'x'.repeat(200 * 1024) }, { licence: 'proxy' });
        if (answer.status === 200) s.skip('the target starts processes with variables of 200 KiB');
        if ([400, 413, 422].includes(answer.status))
          s.skip('the target refuses variables of 200 KiB, so that no start fails over them');
        s.observeAnswer('failed-start', answer);
        await s.start();
      },
    },
  ),
];
