import { changesNothing, claim, release, sendSpawn, spawn, spawnBody } from '../kit/actions.ts';
import type { ContractCase } from '../kit/case.ts';
import { checkRefused, observeAnswer } from '../kit/observations.ts';
import { malformedVariables } from '../kit/odd-values.ts';
import { describe } from '../kit/requests.ts';
import { excerpt, type JsonRecord } from '../model/json.ts';

/** Starting with variables; whether they arrive is for inside.ts. */
export const spawnVariables: readonly ContractCase[] = [
  {
    id: 'SPAWN-002',
    requirement: 'Runtime variables and the variables in them may be left out, null or empty.',
    evidence: 'documented',
    source: 'variables',
    level: 'lifecycle',
    operations: ['spawnInstance'],
    run: async (s) => {
      const given: readonly JsonRecord[] = [
        { runtime_variables: null },
        { runtime_variables: {} },
        { runtime_variables: { environment_variables: null } },
        { runtime_variables: { environment_variables: {} } },
      ];
      for (const more of given) {
        const claimed = await claim(s);
        const body = { ...spawnBody(claimed), ...more };
        const answer = await s.send({ operation: 'spawnInstance', body });
        s.check(answer.status === 200, {
          rule: 'Runtime variables are optional and nullable, and so are their environment variables.',
          expected: `200 to ${excerpt(more)}`,
          came: describe(answer),
          about: answer,
        });
        if (answer.status === 200) await release(s, claimed);
      }
    },
  },
  {
    id: 'SPAWN-003',
    requirement: 'Variables may hold any text: of any script, of many lines, and 64 KiB of it.',
    evidence: 'documented',
    source: 'variables',
    level: 'lifecycle',
    operations: ['spawnInstance'],
    run: async (s) => {
      const texts = {
        UNICODE: 'Grüße 世界 🚲',
        LINES: 'one\ntwo\r\n\tthree\n',
        EMPTY: '',
        LARGE: 'x'.repeat(64 * 1024),
      };
      const rule = 'The value of an environment variable is a string.';
      const together = await sendSpawn(s, await claim(s), texts);
      s.check(together.status === 200, { rule, expected: '200', came: describe(together), about: together });
      if (together.status === 200) return;
      // Which of them it was.
      for (const [name, text] of Object.entries(texts)) {
        const answer = await sendSpawn(s, await claim(s), { [name]: text });
        const expected = `200 to ${name}=${excerpt(text).slice(0, 60)}`;
        s.check(answer.status === 200, { rule, expected, came: describe(answer), about: answer });
      }
    },
  },
  {
    id: 'SPAWN-011',
    requirement: 'A spawn that breaks the description is refused, starts nothing, and leaves the claim as it was.',
    evidence: 'documented',
    source: 'variables',
    level: 'lifecycle',
    operations: ['spawnInstance'],
    questions: ['mistyped-variables'],
    run: async (s) => {
      const rule = 'runtime_variables is an object of environment variables, whose values are strings.';
      const claimed = await claim(s);
      for (const runtime_variables of malformedVariables) {
        const body = { ...spawnBody(claimed), runtime_variables };
        const answer = await s.send({ operation: 'spawnInstance', body });
        if (!checkRefused(s, answer, rule, 'mistyped-variables')) return;
      }
      await spawn(s, claimed, undefined, changesNothing);
    },
  },
  {
    id: 'SPAWN-012',
    requirement:
      'What answers variables that no process can have is the scheduler’s choice; it does not fail over them.',
    evidence: 'our-choice',
    level: 'lifecycle',
    operations: ['spawnInstance'],
    questions: ['impossible-variables'],
    run: async (s) => {
      let claimed = await claim(s);
      for (const variables of [{ '': 'value' }, { 'A=B': 'value' }, { 'A\0B': 'value' }, { KEY: 'a\0b' }]) {
        const answer = await sendSpawn(s, claimed, variables, { licence: 'choice' });
        observeAnswer(s, 'impossible-variables', answer);
        if (answer.status !== 200) continue;
        await release(s, claimed);
        claimed = await claim(s);
      }
    },
  },
  {
    id: 'SPAWN-013',
    requirement:
      'What answers a spawn whose process cannot start is the scheduler’s choice, and the instance is not lost.',
    evidence: 'our-choice',
    level: 'lifecycle',
    operations: ['spawnInstance'],
    questions: ['failed-start'],
    run: async (s) => {
      const claimed = await claim(s);
      // Linux gives no process a variable of more than 128 KiB: the container is made, and its start fails.
      const answer = await sendSpawn(s, claimed, { LARGE: 'x'.repeat(200 * 1024) }, { licence: 'proxy' });
      if (answer.status === 200) s.skip('the target starts processes with variables of 200 KiB');
      if ([400, 413, 422].includes(answer.status))
        s.skip('the target refuses variables of 200 KiB, so that no start fails over them');
      observeAnswer(s, 'failed-start', answer);
      const next = await claim(s);
      await spawn(s, next);
    },
  },
];
