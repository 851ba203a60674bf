import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { instanceId } from '../../test/support/http/fake-service.ts';
import { post } from '../../test/support/http/post.ts';
import { functionPath, token } from '../../test/support/http/test-app.ts';

const claim = functionPath('claim');
const spawn = functionPath('spawn');
const json = 'application/json';

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
