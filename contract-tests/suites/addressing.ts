import {
  type ContractCase,
  describe,
  group,
  methodOf,
  numbered,
  type Operation,
  operationNames,
  pathOf,
  type QuestionName,
  unknownId,
} from '../kit/index.ts';

const define = group({ evidence: 'documented', level: 'probe', operations: [], source: 'path' });

const shortNames = {
  claimInstance: 'claim',
  spawnInstance: 'spawn',
  releaseInstance: 'release',
  getActiveInstances: 'active',
} as const;

const unknownContainer = (operation: Operation, index: number): ContractCase => {
  const question: QuestionName = `unknown-container-on-${shortNames[operation]}`;
  return define(
    numbered('ADDRESS', index + 1),
    `${operation} refuses a container that the environment does not have.`,
    {
      operations: [operation],
      questions: [question],
      run: async (s) => {
        await s.requireOperation(operation);
        const request = { ...s.harmlessRequest(operation), container: unknownId() };
        await s.refuse(request, 'An operation is about a container of the environment.', question);
      },
    },
  );
};

const noFunction = (operation: Operation, index: number): ContractCase => {
  const question: QuestionName = `no-function-on-${shortNames[operation]}`;
  return define(numbered('ADDRESS', index + 5), `${operation} refuses a container that is no function.`, {
    evidence: 'inferred',
    operations: [operation],
    needs: ['non-function'],
    questions: [question],
    run: async (s) => {
      await s.requireOperation(operation);
      const { nonFunctionContainer: container = s.skip('it needs the ID of a container that is no function') } = s.run;
      const request = { ...s.harmlessRequest(operation), container };
      await s.refuse(request, 'An operation is about a container whose deploy.strategy is function.', question);
    },
  });
};

const oddIds: readonly string[] = [
  'hello', '0', 'f'.repeat(23), 'f'.repeat(25), 'g'.repeat(24), '%00', '%2e%2e', 'a%2Fb', '%F0%9F%9A%B2', 'x'.repeat(2_000),
]; // biome-ignore format: one block is easier to read

/** What is asked for, and where. */
export const addressing = [
  ...operationNames.map(unknownContainer),
  ...operationNames.map(noFunction),
  define('ADDRESS-009', 'What is no container ID is refused like an unknown one, however odd.', {
    operations: ['claimInstance', 'getActiveInstances'],
    questions: ['malformed-container-id'],
    run: async (s) => {
      const rule = 'An operation is about a container of the environment.';
      for (const container of oddIds) {
        const body = { token: s.freshToken() };
        // A proxy in front may clean such paths, or refuse them by itself.
        const licence = 'proxy';
        await s.refuse({ operation: 'claimInstance', container, body, licence }, rule, 'malformed-container-id');
        await s.refuse({ operation: 'getActiveInstances', container, licence }, rule);
      }
    },
  }),
  define('ADDRESS-010', 'A path that is none of the API’s is refused.', {
    evidence: 'our-choice',
    questions: ['unknown-path'],
    run: async (s) => {
      const claiming = pathOf('claimInstance', s.container);
      const paths = ['/', '/v1', `/v1/functions/${s.container}`, `${claiming}s`, `${claiming}/1`, '/v2/functions'];
      for (const path of paths) {
        const body = { token: s.freshToken() };
        const answer = await s.send({ operation: null, method: 'POST', path, body, licence: 'proxy' });
        s.checkSurvived(answer, 'unknown-path', { evidence: 'documented', source: 'error' });
      }
    },
  }),
  define('ADDRESS-011', 'An operation is asked for with its own method.', {
    evidence: 'inferred',
    questions: ['wrong-method'],
    run: async (s) => {
      const asked = [
        ['GET', 'claimInstance'], ['PUT', 'claimInstance'], ['DELETE', 'spawnInstance'], ['PATCH', 'releaseInstance'],
        ['POST', 'getActiveInstances'], ['DELETE', 'getActiveInstances'],
      ] as const; // biome-ignore format: pairs read better in a block
      for (const [method, operation] of asked) {
        const path = pathOf(operation, s.container);
        const body = method === 'GET' || method === 'DELETE' ? {} : { body: { token: s.freshToken() } };
        const rule = `${operation} is ${methodOf(operation)} and no other method.`;
        await s.refuse({ operation: null, method, path, ...body, licence: 'proxy' }, rule, 'wrong-method');
      }
    },
  }),
  define('ADDRESS-012', 'HEAD is answered without a body and without failing.', {
    source: 'http',
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
  }),
  define('ADDRESS-013', 'Whether a slash behind a path and an unknown query matter is the scheduler’s choice.', {
    evidence: 'our-choice',
    operations: ['getActiveInstances'],
    questions: ['trailing-slash', 'unknown-query'],
    run: async (s) => {
      const operation = 'getActiveInstances';
      await s.requireOperation(operation);
      const path = pathOf(operation, s.container);
      // With a slash behind it, it is none of the description's.
      const slashed = await s.send({ operation: null, path: `${path}/`, licence: 'choice' });
      s.checkSurvived(slashed, 'trailing-slash');
      s.checkSurvived(await s.send({ operation, path: `${path}?contract=1`, licence: 'choice' }), 'unknown-query');
    },
  }),
];
