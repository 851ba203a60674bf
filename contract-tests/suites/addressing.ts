import type { QuestionName } from '../../src/profile/questions.ts';
import { freshToken, requireOperation, unknownId } from '../kit/actions.ts';
import type { ContractCase } from '../kit/case.ts';
import { checkSurvived, refuse } from '../kit/observations.ts';
import { harmlessRequest } from '../kit/refused-requests.ts';
import { describe, methodOf, pathOf } from '../kit/requests.ts';
import { type Operation, operationNames } from '../model/result.ts';

const shortNames = {
  claimInstance: 'claim',
  spawnInstance: 'spawn',
  releaseInstance: 'release',
  getActiveInstances: 'active',
} as const;

const unknownContainer = (operation: Operation, index: number): ContractCase => {
  const question: QuestionName = `unknown-container-on-${shortNames[operation]}`;
  return {
    id: `ADDRESS-${String(index + 1).padStart(3, '0') as `${number}`}`,
    requirement: `${operation} refuses a container that the environment does not have.`,
    evidence: 'documented',
    source: 'path',
    level: 'probe',
    operations: [operation],
    questions: [question],
    run: async (s) => {
      await requireOperation(s, operation);
      const request = { ...harmlessRequest(s, operation), container: unknownId() };
      await refuse(s, request, 'An operation is about a container of the environment.', question);
    },
  };
};

const noFunction = (operation: Operation, index: number): ContractCase => {
  const question: QuestionName = `no-function-on-${shortNames[operation]}`;
  return {
    id: `ADDRESS-${String(index + 5).padStart(3, '0') as `${number}`}`,
    requirement: `${operation} refuses a container that is no function.`,
    evidence: 'inferred',
    level: 'probe',
    operations: [operation],
    needs: ['non-function'],
    questions: [question],
    run: async (s) => {
      await requireOperation(s, operation);
      const { nonFunctionContainer: container = s.skip('it needs the ID of a container that is no function') } = s.run;
      const request = { ...harmlessRequest(s, operation), container };
      await refuse(s, request, 'An operation is about a container whose deploy.strategy is function.', question);
    },
  };
};

const oddIds: readonly string[] = [
  'hello', '0', 'f'.repeat(23), 'f'.repeat(25), 'g'.repeat(24), '%00', '%2e%2e', 'a%2Fb', '%F0%9F%9A%B2', 'x'.repeat(2_000),
]; // biome-ignore format: one block is easier to read

/** What is asked for, and where. */
export const addressing: readonly ContractCase[] = [
  ...operationNames.map(unknownContainer),
  ...operationNames.map(noFunction),
  {
    id: 'ADDRESS-009',
    requirement: 'What is no container ID is refused like an unknown one, however odd.',
    evidence: 'documented',
    source: 'path',
    level: 'probe',
    operations: ['claimInstance', 'getActiveInstances'],
    questions: ['malformed-container-id'],
    run: async (s) => {
      const rule = 'An operation is about a container of the environment.';
      for (const container of oddIds) {
        const body = { token: freshToken(s) };
        // A proxy in front may clean such paths, or refuse them by itself.
        const licence = 'proxy';
        await refuse(s, { operation: 'claimInstance', container, body, licence }, rule, 'malformed-container-id');
        await refuse(s, { operation: 'getActiveInstances', container, licence }, rule);
      }
    },
  },
  {
    id: 'ADDRESS-010',
    requirement: 'A path that is none of the API’s is refused.',
    evidence: 'our-choice',
    level: 'probe',
    operations: [],
    questions: ['unknown-path'],
    run: async (s) => {
      const claiming = pathOf('claimInstance', s.container);
      const paths = ['/', '/v1', `/v1/functions/${s.container}`, `${claiming}s`, `${claiming}/1`, '/v2/functions'];
      for (const path of paths) {
        const body = { token: freshToken(s) };
        const answer = await s.send({ operation: null, method: 'POST', path, body, licence: 'proxy' });
        checkSurvived(s, answer, 'unknown-path', { evidence: 'documented', source: 'error' });
      }
    },
  },
  {
    id: 'ADDRESS-011',
    requirement: 'An operation is asked for with its own method.',
    evidence: 'inferred',
    level: 'probe',
    operations: [],
    questions: ['wrong-method'],
    run: async (s) => {
      const asked = [
        ['GET', 'claimInstance'], ['PUT', 'claimInstance'], ['DELETE', 'spawnInstance'], ['PATCH', 'releaseInstance'],
        ['POST', 'getActiveInstances'], ['DELETE', 'getActiveInstances'],
      ] as const; // biome-ignore format: pairs read better in a block
      for (const [method, operation] of asked) {
        const path = pathOf(operation, s.container);
        const body = method === 'GET' || method === 'DELETE' ? {} : { body: { token: freshToken(s) } };
        const rule = `${operation} is ${methodOf(operation)} and no other method.`;
        await refuse(s, { operation: null, method, path, ...body, licence: 'proxy' }, rule, 'wrong-method');
      }
    },
  },
  {
    id: 'ADDRESS-012',
    requirement: 'HEAD is answered without a body and without failing.',
    evidence: 'documented',
    source: 'http',
    level: 'probe',
    operations: [],
    run: async (s) => {
      const path = pathOf('getActiveInstances', s.container);
      const answer = await s.send({ operation: null, method: 'HEAD', path });
      s.check(answer.text === '' && (answer.status < 500 || answer.status === 501), {
        rule: 'An answer to HEAD has no body (RFC 9110), and no request makes a scheduler fail.',
        expected: 'no body, no failure (5xx)',
        came: answer.text === '' ? describe(answer) : `${describe(answer)} with a body`,
        about: answer,
      });
    },
  },
  {
    id: 'ADDRESS-013',
    requirement: 'Whether a slash behind a path and an unknown query matter is the scheduler’s choice.',
    evidence: 'our-choice',
    level: 'probe',
    operations: ['getActiveInstances'],
    questions: ['trailing-slash', 'unknown-query'],
    run: async (s) => {
      const operation = 'getActiveInstances';
      await requireOperation(s, operation);
      const path = pathOf(operation, s.container);
      // With a slash behind it, it is none of the description's.
      const slashed = await s.send({ operation: null, path: `${path}/`, licence: 'choice' });
      checkSurvived(s, slashed, 'trailing-slash');
      checkSurvived(s, await s.send({ operation, path: `${path}?contract=1`, licence: 'choice' }), 'unknown-query');
    },
  },
];
