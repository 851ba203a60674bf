import { gzipSync } from 'node:zlib';
import request from 'supertest';
import { describe, expect, test } from 'vitest';
import { createFakeService, instanceId } from './testing/fake-service.ts';
import { createRecordingLogger } from './testing/recording-logger.ts';
import { createTestApp, functionPath, secret, token } from './testing/test-app.ts';

const app = createTestApp();
const claim = functionPath('claim');
const spawn = functionPath('spawn');
const json = 'application/json';

const post = (path: string, body?: string | Buffer, headers: Record<string, string> = {}) => {
  const sent = request(app)
    .post(path)
    .set({ 'X-CYCLE-ACCESS-KEY': secret, ...(body === undefined ? {} : { 'Content-Type': json }), ...headers });
  // As bytes, so that the client does not encode anew what is wrong on purpose.
  return body === undefined ? sent : sent.serialize((bytes) => bytes).send(body);
};

type Row = {
  readonly of: string;
  readonly code: string;
  readonly source?: string;
  readonly path?: string;
  readonly body?: string | Buffer;
  readonly headers?: Record<string, string>;
};

const spawnBody = (parts: object): string => JSON.stringify({ token, instance_id: instanceId, ...parts });

const rows: readonly Row[] = [
  { of: 'an unknown path', path: '/v1/nothing', code: '404.uri' },
  { of: 'the root', path: '/', code: '404.uri' },
  { of: 'an unknown operation', path: functionPath('reclaim'), code: '404.uri' },
  { of: 'a trailing slash', path: `${claim}/`, body: '{"token":"abcde"}', code: '404.uri' },
  { of: 'another case', path: functionPath('CLAIM'), body: '{"token":"abcde"}', code: '404.uri' },
  { of: 'an empty container ID', path: functionPath('claim', ''), body: '{"token":"abcde"}', code: '404.uri' },
  {
    of: 'an unknown container',
    path: functionPath('claim', 'f'.repeat(24)),
    body: '{"token":"abcde"}',
    code: '404.container',
  },
  {
    of: 'a container ID that is none',
    path: functionPath('claim', 'my-function'),
    body: '{"token":"abcde"}',
    code: '404.container',
  },
  {
    of: 'a container ID in capitals',
    path: functionPath('claim', 'F'.repeat(24)),
    body: '{"token":"abcde"}',
    code: '404.container',
  },
  {
    of: 'a container ID with a slash',
    path: functionPath('claim', 'a%2Fb'),
    body: '{"token":"abcde"}',
    code: '404.container',
  },
  {
    of: 'a container ID with NUL',
    path: functionPath('claim', '%00'),
    body: '{"token":"abcde"}',
    code: '404.container',
  },
  {
    of: 'a container ID of 8 KB',
    path: functionPath('claim', 'a'.repeat(8_000)),
    body: '{"token":"abcde"}',
    code: '404.container',
  },
  {
    of: 'a broken percent-encoding',
    path: functionPath('claim', '%zz'),
    body: '{"token":"abcde"}',
    code: '400.invalid-syntax',
  },
  { of: 'no body', code: '422.missing-argument' },
  { of: 'no body, declared as text', headers: { 'Content-Type': 'text/plain' }, code: '422.missing-argument' },
  { of: 'an empty body', body: '', code: '422.missing-argument' },
  {
    of: 'an empty body, declared as gzip',
    body: '',
    headers: { 'Content-Encoding': 'gzip' },
    code: '422.missing-argument',
  },
  { of: 'an empty object', body: '{}', code: '422.missing-argument', source: '/token' },
  { of: 'half an object', body: '{"token":"abc', code: '400.invalid-syntax' },
  { of: 'no JSON', body: 'token=abcde', code: '400.invalid-syntax' },
  {
    of: 'bytes that are no UTF-8',
    body: Buffer.from('7b22746f6b656e223a22ff61626364227d', 'hex'),
    code: '400.invalid-syntax',
  },
  { of: 'an array', body: '[]', code: '422.invalid-argument' },
  { of: 'a string', body: '"abcde"', code: '422.invalid-argument' },
  { of: 'null', body: 'null', code: '422.invalid-argument' },
  { of: 'a number', body: '7', code: '422.invalid-argument' },
  { of: 'a token that is a number', body: '{"token":12345}', code: '422.invalid-argument', source: '/token' },
  { of: 'a token that is null', body: '{"token":null}', code: '422.invalid-argument', source: '/token' },
  {
    of: 'a form',
    body: 'token=abcde',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    code: '415.invalid-content-type',
  },
  {
    of: 'multipart',
    body: '--x--',
    headers: { 'Content-Type': 'multipart/form-data; boundary=x' },
    code: '415.invalid-content-type',
  },
  {
    of: 'text',
    body: '{"token":"abcde"}',
    headers: { 'Content-Type': 'text/plain' },
    code: '415.invalid-content-type',
  },
  {
    of: 'a related type',
    body: '{"token":"abcde"}',
    headers: { 'Content-Type': 'application/vnd.api+json' },
    code: '415.invalid-content-type',
  },
  {
    of: 'nonsense for a type',
    body: '{"token":"abcde"}',
    headers: { 'Content-Type': 'json;;;' },
    code: '415.invalid-content-type',
  },
  { of: 'no type', body: '{"token":"abcde"}', headers: { 'Content-Type': '' }, code: '415.invalid-content-type' },
  {
    of: 'another charset',
    body: '{"token":"abcde"}',
    headers: { 'Content-Type': `${json}; charset=utf-16` },
    code: '415.invalid-content-type',
  },
  {
    of: 'an unknown charset',
    body: '{"token":"abcde"}',
    headers: { 'Content-Type': `${json}; charset="x y"` },
    code: '415.invalid-content-type',
  },
  {
    of: 'an unknown encoding',
    body: '{"token":"abcde"}',
    headers: { 'Content-Encoding': 'rot13' },
    code: '415.invalid-content-type',
  },
  {
    of: 'gzip that is none',
    body: '{"token":"abcde"}',
    headers: { 'Content-Encoding': 'gzip' },
    code: '400.invalid-syntax',
  },
  {
    of: 'gzip cut short',
    body: gzipSync('{"token":"abcde"}').subarray(0, -9),
    headers: { 'Content-Encoding': 'gzip' },
    code: '400.invalid-syntax',
  },
  { of: 'a body over 1 MiB', body: JSON.stringify({ token: 'a'.repeat(2 ** 20) }), code: '422.max-exceeded' },
  {
    of: 'a body over 1 MiB when unpacked',
    body: gzipSync(' '.repeat(2 ** 21)),
    headers: { 'Content-Encoding': 'gzip' },
    code: '422.max-exceeded',
  },
  {
    of: 'spawn without instance_id',
    path: spawn,
    body: '{"token":"abcde"}',
    code: '422.missing-argument',
    source: '/instance_id',
  },
  {
    of: 'spawn without token',
    path: spawn,
    body: JSON.stringify({ instance_id: instanceId }),
    code: '422.missing-argument',
    source: '/token',
  },
  {
    of: 'a short token',
    path: spawn,
    body: spawnBody({ token: 'abcd' }),
    code: '422.invalid-argument',
    source: '/token',
  },
  {
    of: 'an instance ID that is none',
    path: spawn,
    body: spawnBody({ instance_id: 'one' }),
    code: '422.invalid-argument',
    source: '/instance_id',
  },
  {
    of: 'variables that are a list',
    path: spawn,
    body: spawnBody({ runtime_variables: [] }),
    code: '422.invalid-argument',
    source: '/runtime_variables',
  },
  {
    of: 'a variable that is a number',
    path: spawn,
    body: spawnBody({ runtime_variables: { environment_variables: { 'a/b': 1 } } }),
    code: '422.invalid-argument',
    source: '/runtime_variables/environment_variables/a~1b',
  },
];

describe('a bad request is answered in the envelope', () => {
  test.each(rows)('$of: $code', async ({ path = claim, body, headers, code, source }) => {
    const answer = await post(path, body, headers);
    expect(answer.body).toMatchObject({ error: { status: answer.status, code }, data: null });
    expect(answer.status).toBe(Number(code.slice(0, 3)));
    expect(answer.type).toBe(json);
    expect(answer.body.error.source).toBe(source);
  });
});

describe('another method than the described one', () => {
  test.each(['get', 'put', 'patch', 'delete', 'options'] as const)(
    '%s on claim is 404.uri with Allow',
    async (method) => {
      const answer = await request(app)[method](claim).set('X-CYCLE-ACCESS-KEY', secret);
      expect(answer.body.error.code).toBe('404.uri');
      expect(answer.headers['allow']).toBe('POST');
    },
  );

  test('HEAD on active is 404 with Allow, although GET exists', async () => {
    const answer = await request(app).head(functionPath('active')).set('X-CYCLE-ACCESS-KEY', secret);
    expect(answer.status).toBe(404);
    expect(answer.headers['allow']).toBe('GET');
  });
});

describe('a request that is merely unusual is served', () => {
  test.each([
    ['an unknown query parameter', `${claim}?verbose=%ff&a[b]=c`, {}],
    ['a charset in capitals', claim, { 'Content-Type': 'Application/JSON; Charset="UTF-8"' }],
    ['a type with parameters', claim, { 'Content-Type': `${json}; profile=x` }],
    ['an Accept that is not JSON', claim, { Accept: 'text/html' }],
  ])('%s', async (_what, path, headers) => {
    expect((await post(path, '{"token":"abcde"}', headers)).status).toBe(200);
  });

  test('an unknown field', async () => {
    expect((await post(claim, '{"token":"abcde","color":"red","__proto__":{"token":1}}')).status).toBe(200);
  });

  test('a body in gzip', async () => {
    expect((await post(claim, gzipSync('{"token":"abcde"}'), { 'Content-Encoding': 'gzip' })).status).toBe(200);
  });
});

describe('a failure of ours', () => {
  test('a handler that throws is a 500 with a fixed text; the stack is in the log alone', async () => {
    const { logger, lines } = createRecordingLogger();
    const service = createFakeService({ claim: () => Promise.reject(new Error('secret inside')) });
    const broken = createTestApp({ service, logger });
    const answer = await request(broken).post(claim).set('X-CYCLE-ACCESS-KEY', secret).send({ token });
    expect(answer.status).toBe(500);
    expect(answer.body.error.code).toBe('500.unknown');
    expect(answer.text).not.toContain('secret inside');
    expect(lines[0]).toMatchObject({ msg: 'request failed', err: { stack: expect.stringContaining('secret inside') } });
  });

  test('an answer that breaks the description is a logged 500, too', async () => {
    const { logger, lines } = createRecordingLogger();
    const claimed = { instanceId: 'not an ID', token, network: {} };
    const service = createFakeService({ claim: async () => ({ ok: true, value: claimed as never }) });
    const broken = createTestApp({ service, logger });
    const answer = await request(broken).post(claim).set('X-CYCLE-ACCESS-KEY', secret).send({ token });
    expect(answer.status).toBe(500);
    expect(answer.body.error.code).toBe('500.unknown');
    expect(lines[0]).toMatchObject({ msg: 'request failed' });
  });
});

test('answers carry no headers that tell what they are made with', async () => {
  const answer = await post(claim, '{"token":"abcde"}');
  expect(answer.headers).not.toHaveProperty('x-powered-by');
  expect(answer.headers).not.toHaveProperty('etag');
});
