import type { ContractCase } from '../../src/contract/case.ts';
import { excerpt, type JsonRecord } from '../../src/contract/json.ts';
import {
  active,
  claim,
  claimAgain,
  freedClaim,
  freshToken,
  isListed,
  release,
  sendSpawn,
  spawn,
  spawnBody,
  unknownId,
} from '../../src/contract/moves.ts';
import { checkRefused, observeAnswer } from '../../src/contract/observations.ts';
import { describe } from '../../src/contract/target/requests.ts';

const ownClaimOnly = 'Spawn needs the token the instance was claimed with.';

/** Starting. */
export const spawns: readonly ContractCase[] = [
  {
    id: 'SPAWN-001',
    requirement: 'Spawn starts a claimed instance and answers where it runs, with the claim’s network and token.',
    evidence: 'documented',
    level: 'lifecycle',
    operations: ['claimInstance', 'spawnInstance', 'releaseInstance'],
    run: async (s) => {
      const claimed = await claim(s);
      await spawn(s, claimed);
      await release(s, claimed);
    },
  },
  {
    id: 'SPAWN-002',
    requirement: 'Runtime variables and the variables in them may be left out, null or empty.',
    evidence: 'documented',
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
    id: 'SPAWN-004',
    requirement: 'Spawn with another token is refused and leaves the claim as it was.',
    evidence: 'documented',
    level: 'lifecycle',
    operations: ['spawnInstance'],
    questions: ['wrong-token-on-spawn'],
    run: async (s) => {
      const claimed = await claim(s);
      const other = await claim(s, { token: freshToken(s) }).catch(() => null);
      const { token } = claimed;
      const wrong = [
        freshToken(s), token.toUpperCase(), token.slice(0, -1), `${token}x`, ` ${token}`, token.slice(0, 5),
        `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`, ...(other === null ? [] : [other.token]),
      ]; // biome-ignore format: a list of tokens
      for (const attempt of wrong) {
        const answer = await sendSpawn(s, { ...claimed, token: attempt });
        if (!checkRefused(s, answer, ownClaimOnly, 'wrong-token-on-spawn')) return;
      }
      const { instance } = claimed;
      s.check(!(instance in (await active(s))), {
        rule: ownClaimOnly,
        expected: 'nothing has started',
        came: 'it is active',
      });
      await spawn(s, claimed);
    },
  },
  {
    id: 'SPAWN-005',
    requirement: 'Spawn of an instance that the function does not have is refused.',
    evidence: 'documented',
    level: 'claim',
    operations: ['spawnInstance'],
    questions: ['unknown-instance-on-spawn'],
    run: async (s) => {
      const claimed = await claim(s);
      const answer = await sendSpawn(s, { ...claimed, instance: unknownId() });
      checkRefused(s, answer, 'Spawn is about an instance of the function.', 'unknown-instance-on-spawn');
    },
  },
  {
    id: 'SPAWN-006',
    requirement: 'Spawn of an instance that nobody has claimed is refused, and after its release as well.',
    evidence: 'documented',
    level: 'lifecycle',
    operations: ['spawnInstance'],
    questions: ['spawn-without-claim', 'spawn-after-release'],
    run: async (s) => {
      const freed = await freedClaim(s);
      const rule = 'Spawn starts an instance that its caller has claimed.';
      checkRefused(s, await sendSpawn(s, freed), rule, 'spawn-after-release');
      checkRefused(s, await sendSpawn(s, { ...freed, token: freshToken(s) }), rule, 'spawn-without-claim');
      s.check(!(await isListed(s, freed)), { rule, expected: 'nothing has started', came: 'it is active' });
    },
  },
  {
    id: 'SPAWN-007',
    requirement: 'A claim is spawned once: a second spawn is refused and does not disturb the run.',
    evidence: 'inferred',
    level: 'lifecycle',
    operations: ['spawnInstance'],
    questions: ['second-spawn'],
    run: async (s) => {
      const claimed = await claim(s);
      await spawn(s, claimed);
      const wasListed = await isListed(s, claimed);
      checkRefused(s, await sendSpawn(s, claimed), 'A claim is spawned once.', 'second-spawn');
      s.check(!wasListed || (await isListed(s, claimed)), {
        rule: 'A refused request changes nothing.',
        expected: 'the run goes on',
        came: 'it is no longer active',
        evidence: 'documented',
      });
    },
  },
  {
    id: 'SPAWN-008',
    requirement: 'Of two spawns of a claim at the same moment one is accepted.',
    evidence: 'inferred',
    level: 'lifecycle',
    operations: ['spawnInstance'],
    run: async (s) => {
      const claimed = await claim(s);
      const answers = await Promise.all([sendSpawn(s, claimed), sendSpawn(s, claimed)]);
      const accepted = answers.filter(({ status }) => status === 200).length;
      s.check(accepted === 1, {
        rule: 'A claim is spawned once.',
        expected: 'one 200',
        came: answers.map(describe).join(' and '),
      });
    },
  },
  {
    id: 'SPAWN-009',
    requirement: 'Spawn of another function’s instance is refused.',
    evidence: 'documented',
    level: 'lifecycle',
    operations: ['spawnInstance'],
    needs: ['two-functions'],
    questions: ['other-functions-instance-on-spawn'],
    run: async (s) => {
      const claimed = await claim(s);
      const answer = await sendSpawn(s, { ...claimed, container: s.secondContainer });
      const rule = 'Spawn is about an instance of the function in the path.';
      checkRefused(s, answer, rule, 'other-functions-instance-on-spawn');
      if (answer.status === 200) return;
      // The same the other way round, and properly.
      const second = await claim(s, { container: s.secondContainer });
      checkRefused(s, await sendSpawn(s, { ...second, container: s.container }), rule);
      await spawn(s, second);
      const listed = await active(s, s.secondContainer);
      s.check(!(second.instance in (await active(s))) && Object.keys(listed).every((id) => id !== claimed.instance), {
        rule: 'Active lists instances of the container asked for.',
        expected: 'each instance with its own function',
        came: `${second.instance} is listed with the other function`,
      });
      await release(s, second);
    },
  },
  {
    id: 'SPAWN-010',
    requirement: 'One token may hold two claims: spawn starts the instance it is asked for.',
    evidence: 'documented',
    level: 'lifecycle',
    operations: ['spawnInstance', 'releaseInstance'],
    run: async (s) => {
      const first = await claim(s);
      const second = await claimAgain(s, first);
      await spawn(s, second);
      const listed = await active(s);
      s.check(!(first.instance in listed), {
        rule: 'Spawn starts the instance asked for and no other.',
        expected: `only ${second.instance} is active`,
        came: `${first.instance} is active`,
      });
      await spawn(s, first);
      await release(s, first);
      s.check(!(first.instance in (await active(s))), {
        rule: 'Release ends the run asked for.',
        expected: `${first.instance} is no longer active`,
        came: 'it is',
      });
      await release(s, second);
    },
  },
  {
    id: 'SPAWN-011',
    requirement: 'A spawn that breaks the description is refused, starts nothing, and leaves the claim as it was.',
    evidence: 'documented',
    level: 'lifecycle',
    operations: ['spawnInstance'],
    questions: ['mistyped-variables'],
    run: async (s) => {
      const rule = 'runtime_variables is an object of environment variables, whose values are strings.';
      const malformed: readonly unknown[] = [
        'KEY=value', ['KEY=value'], { environment_variables: 'KEY=value' }, { environment_variables: ['KEY=value'] },
        { environment_variables: { KEY: 1 } }, { environment_variables: { KEY: true } },
        { environment_variables: { KEY: null } }, { environment_variables: { KEY: ['value'] } },
        { environment_variables: { KEY: { value: 'value' } } },
      ]; // biome-ignore format: a list of bodies
      const claimed = await claim(s);
      for (const runtime_variables of malformed) {
        const body = { ...spawnBody(claimed), runtime_variables };
        const answer = await s.send({ operation: 'spawnInstance', body });
        if (!checkRefused(s, answer, rule, 'mistyped-variables')) return;
      }
      await spawn(s, claimed);
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
        const answer = await sendSpawn(s, claimed, variables);
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
      const answer = await sendSpawn(s, claimed, { LARGE: 'x'.repeat(200 * 1024) });
      if (answer.status === 200) s.skip('the target starts processes with variables of 200 KiB');
      if (answer.status === 422) s.skip('the target refuses variables of 200 KiB, so that no start fails over them');
      observeAnswer(s, 'failed-start', answer);
      const next = await claim(s);
      await spawn(s, next);
    },
  },
];
