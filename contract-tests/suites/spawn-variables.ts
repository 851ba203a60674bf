import { changesNothing, excerpt, group, type JsonRecord, malformedVariables, spawnBody } from '../kit/index.ts';

const define = group({
  evidence: 'documented',
  source: 'variables',
  level: 'lifecycle',
  operations: ['spawnInstance'],
});

/** Starting with variables; whether they arrive is for inside.ts. */
export const spawnVariables = [
  define('SPAWN-002', 'Runtime variables and the variables in them may be left out, null or empty.', async (s) => {
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
  }),
  define('SPAWN-003', 'Variables may hold any text: of any script, of many lines, and 64 KiB of it.', async (s) => {
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
  }),
  define(
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
  define(
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
  define(
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
