import {
  type Answer,
  type CaseRequest,
  type ContractCase,
  describe,
  excerpt,
  fieldOf,
  group,
  instanceOf,
  isExhausted,
  type JsonRecord,
  malformedVariables,
  type Operation,
  type QuestionName,
  type Scenario,
  unknownId,
} from '../kit/index.ts';

const define = group({ evidence: 'documented', level: 'probe', operations: ['releaseInstance'], source: 'error' });

const withBody = ['claimInstance', 'spawnInstance', 'releaseInstance'] as const satisfies readonly Operation[];
const withInstance = ['spawnInstance', 'releaseInstance'] as const satisfies readonly Operation[];

/** Sends each of the bodies to each of the operations; all must be refused. */
const refuses = (
  id: ContractCase['id'],
  requirement: string,
  operations: readonly Operation[],
  question: QuestionName,
  requestsOf: (s: Scenario, operation: Operation) => readonly Omit<CaseRequest, 'operation'>[],
): ContractCase =>
  define(id, requirement, {
    source: 'requestBody',
    operations,
    questions: [question],
    run: async (s) => {
      for (const operation of operations) {
        for (const request of requestsOf(s, operation))
          await s.refuse({ operation, ...request }, requirement, question);
      }
    },
  });

/** A well-formed body for an instance that does not exist, with some fields changed. */
const bodyWith = (s: Scenario, operation: Operation, changed: JsonRecord): { body: JsonRecord } => ({
  body: {
    token: s.freshToken(),
    ...(operation === 'claimInstance' ? {} : { instance_id: unknownId() }),
    ...changed,
  },
});

/** A release of what does not exist, as a measure for others like it; skips where it says nothing of the request. */
const askPlainly = async (s: Scenario, request: Pick<CaseRequest, 'body'>): Promise<Answer> => {
  const answer = await s.send({ operation: 'releaseInstance', ...request });
  s.presume(answer.status < 500 && answer.status !== 429 && answer.code !== '404.uri', {
    rule: 'A release is answered by what it asks for.',
    expected: 'a refusal of an unknown instance',
    came: describe(answer),
  });
  return answer;
};

const isAlike = (one: Answer, other: Answer): boolean => one.status === other.status && one.code === other.code;

const noStrings: readonly unknown[] = [null, 12345, true, ['abcde'], { token: 'abcde' }];

/** Requests that break the description. They change nothing, since there is nothing in them that could be done. */
export const badInput = [
  refuses('INPUT-001', 'A body that is no JSON is refused.', withBody, 'malformed-json', (s) =>
    ['{"token":', 'token', '{"token":"abcdef"}}', "{'token':'abcdef'}", `{"token":"${s.freshToken()}",}`].map(
      (body) => ({ body }),
    ),
  ),
  refuses('INPUT-002', 'A JSON body that is no object is refused.', withBody, 'body-no-object', () =>
    ['[]', '"token"', '42', 'null', 'true', '[{"token":"abcdef"}]'].map((body) => ({ body })),
  ),
  refuses('INPUT-003', 'A request without its body is refused.', withBody, 'missing-body', () => [
    // HTTP lets an intermediary insist on a length (411).
    { licence: 'proxy' },
    { headers: { 'Content-Type': 'application/json' }, licence: 'proxy' },
  ]),
  refuses('INPUT-004', 'A body without a token is refused.', withBody, 'missing-token', (_s, operation) => [
    { body: operation === 'claimInstance' ? {} : { instance_id: unknownId() } },
    { body: { ...(operation === 'claimInstance' ? {} : { instance_id: unknownId() }), Token: 'abcdef' } },
  ]),
  refuses('INPUT-005', 'A token that is no string is refused.', withBody, 'mistyped-token', (s, operation) =>
    noStrings.map((token) => bodyWith(s, operation, { token })),
  ),
  refuses('INPUT-006', 'A body without an instance ID is refused.', withInstance, 'missing-instance-id', (s) => [
    { body: { token: s.freshToken() } },
  ]),
  refuses(
    'INPUT-007',
    'An instance ID that is no string is refused.',
    withInstance,
    'mistyped-instance-id',
    (s, operation) => noStrings.map((instance_id) => bodyWith(s, operation, { instance_id })),
  ),
  refuses(
    'INPUT-008',
    'An instance ID that is not 24 hexadecimal digits is refused.',
    withInstance,
    'malformed-instance-id',
    (s, operation) =>
      [
        '',
        'instance',
        'f'.repeat(23),
        'f'.repeat(25),
        'g'.repeat(24),
        '\0',
        '../../etc',
        '__proto__',
        'x'.repeat(5_000),
      ].map((instance_id) => bodyWith(s, operation, { instance_id })),
  ),
  refuses(
    'INPUT-009',
    'Variables that are no strings are refused.',
    ['spawnInstance'],
    'mistyped-variables',
    (s, operation) => malformedVariables.map((runtime_variables) => bodyWith(s, operation, { runtime_variables })),
  ),
  define(
    'INPUT-010',
    'Whether spawn and release take tokens of fewer than five characters is the scheduler’s choice (D3).',
    {
      evidence: 'our-choice',
      operations: [...withInstance],
      questions: ['short-token-on-spawn', 'short-token-on-release'],
      run: async (s) => {
        s.note('D3');
        for (const token of ['abcd', 'a', '']) {
          const asked = { body: { token, instance_id: unknownId() }, licence: 'choice' } as const;
          const rule = 'There is nothing to spawn or release here.';
          await s.refuse({ operation: 'spawnInstance', ...asked }, rule, 'short-token-on-spawn');
          await s.refuse({ operation: 'releaseInstance', ...asked }, rule, 'short-token-on-release');
        }
      },
    },
  ),
  define('INPUT-011', 'What a scheduler makes of another content type is its choice; it does not fail over it.', {
    questions: ['wrong-content-type'],
    run: async (s) => {
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'json', ';']) {
        const { body } = bodyWith(s, 'releaseInstance', {});
        const headers = { 'Content-Type': type };
        const answer = await s.send({ operation: 'releaseInstance', body, headers, licence: 'choice' });
        s.checkSurvived(answer, 'wrong-content-type');
      }
    },
  }),
  define('INPUT-012', 'What a scheduler makes of a very large body is its choice; it does not fail over it.', {
    questions: ['large-body'],
    run: async (s) => {
      const { body } = bodyWith(s, 'releaseInstance', { padding: 'x'.repeat(2_000_000) });
      const reply = await s.trySend({ operation: 'releaseInstance', body, licence: 'choice' });
      // HTTP lets a server close the connection while a client still sends: then the answer is lost.
      if (reply.failure === 'broken') return s.observe('large-body', { behaviour: 'connection-closed' });
      s.checkSurvived(s.answered(reply), 'large-body');
    },
  }),
  define('INPUT-013', 'JSON is JSON also with blanks, with escapes, and with a charset in its content type.', {
    source: 'json',
    run: async (s) => {
      const text = JSON.stringify(bodyWith(s, 'releaseInstance', {}).body);
      const plain = await askPlainly(s, { body: text });
      const variants: readonly Omit<CaseRequest, 'operation'>[] = [
        { body: `\n\t ${text.replaceAll(',', ' ,\r\n ')} \n` },
        { body: text.replace('token', '\\u0074oken') },
        { body: text, headers: { 'Content-Type': 'application/json; charset=utf-8' } },
        { body: text, headers: { 'content-type': 'Application/JSON' } },
      ];
      for (const variant of variants) {
        const answer = await s.send({ operation: 'releaseInstance', ...variant });
        const rule = 'The same JSON is the same request, however it is written (RFC 8259).';
        s.checkAnswer(answer, isAlike(answer, plain), rule, describe(plain));
      }
    },
  }),
  define('INPUT-014', 'A body may have fields that the description does not know.', {
    evidence: 'inferred',
    run: async (s) => {
      const plain = await askPlainly(s, bodyWith(s, 'releaseInstance', {}));
      const answer = await s.send({ operation: 'releaseInstance', ...bodyWith(s, 'releaseInstance', { contract: 1 }) });
      const rule = 'Schemas that allow further fields allow newer clients.';
      s.checkAnswer(answer, isAlike(answer, plain), rule, `${describe(plain)}, as without it`);
    },
  }),
  define(
    'INPUT-015',
    'A body may arrive in parts, cut within a character, and its length may be known at its end alone.',
    {
      source: 'http',
      level: 'claim',
      operations: ['claimInstance'],
      run: async (s) => {
        const plain = `${s.freshToken()}-é`;
        const whole = await s.send({ operation: 'claimInstance', body: { token: plain } });
        if (whole.status !== 200) s.skip('the target takes no such token, or has no instance free');
        const free = (answer: Answer, token: string): Promise<Answer> =>
          s.send({ operation: 'releaseInstance', body: { token, instance_id: String(instanceOf(answer)) } });
        await free(whole, plain);
        for (const isChunked of [false, true]) {
          const token = `${s.freshToken()}-é`;
          const body = JSON.stringify({ token });
          const cutAt = Buffer.byteLength(body.slice(0, body.indexOf('é'))) + 1;
          const headers = isChunked ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
          const answer = await s.send({ operation: 'claimInstance', body, cutAt, headers });
          // A server may insist on a length (RFC 9110).
          if (isExhausted(answer) || (isChunked && answer.status === 411)) continue;
          s.check(answer.status === 200 && fieldOf(answer.data, 'token') === token, {
            rule: 'A body is one text, however it arrives.',
            expected: `200 for ${token}`,
            came: answer.status === 200 ? excerpt(fieldOf(answer.data, 'token')) : describe(answer),
            about: answer,
          });
          if (answer.status === 200) await free(answer, token);
        }
        if (s.checks.length === 0) s.skip('no instance was free');
      },
    },
  ),
];
