import { expect, test } from 'vitest';
import { readSchedulerApi } from '../../src/openapi/load.ts';
import type { RecordedResponse } from '../model/result.ts';
import { createMemory } from './data.ts';
import { createInspection, type Received } from './inspect-response.ts';
import { createValidators } from './validators.ts';

const validate = createValidators(readSchedulerApi());

const inspect = (
  status: number,
  body: string,
  more: Partial<Received> = {},
  headers: RecordedResponse['headers'] = {},
) =>
  createInspection({ validate, memory: createMemory(), accessKey: 'the-key' })({
    operation: 'releaseInstance',
    method: 'POST',
    container: 'c0ffee'.repeat(4),
    sent: { token: 'a-token', instance_id: 'beef00'.repeat(4) },
    response: { status, headers: { 'content-type': 'application/json', ...headers }, body },
    ...more,
  });

const envelope = (status: number, code: string): string =>
  JSON.stringify({ error: { status, code, title: 'It failed' }, data: null });

const oauth = '{"error":"invalid_client","error_description":"unknown"}';
const page = '<html><body><h1>It failed</h1></body></html>';
const asPage = { 'content-type': 'text/html' };

test.each([400, 401, 403])('a refused key in OAuth’s form and with status %s is D8, and no finding', (status) => {
  expect(inspect(status, oauth)).toEqual({ findings: [], defects: ['D8'] });
});

test('a challenge without a body is D8, and an empty body without one a finding', () => {
  expect(inspect(401, '', {}, { 'www-authenticate': 'Bearer' })).toEqual({ findings: [], defects: ['D8'] });
  expect(inspect(401, '').findings).not.toEqual([]);
});

test.each([
  [404, oauth],
  [401, '{"error":"it failed"}'],
])('status %s with %s is no OAuth error', (status, body) => {
  expect(inspect(status, body).findings.map(({ evidence }) => evidence)).toContain('documented');
});

test('a listed code with underscores is D9, and one that is not listed a finding', () => {
  expect(inspect(403, envelope(403, '403.invalid_state'))).toEqual({ findings: [], defects: ['D1', 'D9'] });
  expect(inspect(403, envelope(403, '403.went_wrong')).findings).toHaveLength(1);
});

test('further fields in an error are no finding', () => {
  const body = JSON.stringify({ ...JSON.parse(envelope(404, '404.instance')), meta: {}, trace: 'a1' });
  expect(inspect(404, body).findings).toEqual([]);
});

test.each(['proxy', 'choice'] as const)('with the licence %s a page that a proxy sends is no finding', (licence) => {
  expect(inspect(413, page, { licence }, asPage).findings).toEqual([]);
  expect(inspect(413, page, {}, asPage).findings).not.toEqual([]);
});

test('a licence for a proxy leaves an answer in JSON to the description', () => {
  expect(inspect(413, '{"message":"too large"}', { licence: 'proxy' }).findings).not.toEqual([]);
});

test('where the answer is the scheduler’s choice no finding is documented', () => {
  const { findings } = inspect(415, '{"message":"no"}', { licence: 'choice' });
  expect(findings.map(({ evidence }) => evidence)).toContain('inferred');
  expect(findings.map(({ evidence }) => evidence)).not.toContain('documented');
});

test('the answer to a request that the API does not have is our choice', () => {
  const { findings } = inspect(404, '{"message":"no"}', { operation: null });
  expect(new Set(findings.map(({ evidence }) => evidence))).toEqual(new Set(['our-choice']));
});

test.each([
  ['2025-06-01T12:00:00.900Z', '2025-06-01T12:00:00Z', 0],
  ['2025-06-01t14:00:00.123456789+02:00', '2025-06-01T12:00:00.200z', 0],
  ['2025-06-01T12:00:05Z', '2025-06-01T12:00:00Z', 1],
])('a release that gives %s for the claim and %s for itself has %i times out of order', (claimed, released, count) => {
  const data = { instance_id: 'beef00'.repeat(4), claimed, spawned: null, released };
  const { findings } = inspect(200, JSON.stringify({ data }));
  expect(findings.filter(({ rule }) => rule.startsWith('An instance is claimed, then'))).toHaveLength(count);
});

const times = { claimed: '2025-06-01T12:00:00Z', spawned: null, released: '2025-06-01T12:00:01Z' };

test.each([
  ['the ID alone', {}],
  ['times', times],
  ['times, and the token as a further field', { ...times, token: 'a-token' }],
  ['times, and a server as a further field', { ...times, server_id: 'here' }],
])('a release that answers %s meets D2 and is no finding', (_what, more) => {
  const data = { instance_id: 'beef00'.repeat(4), ...more };
  expect(inspect(200, JSON.stringify({ data }))).toEqual({ findings: [], defects: ['D2'] });
});

test('a release that answers a part of SpawnedInstance and nothing else is a finding', () => {
  const data = { instance_id: 'beef00'.repeat(4), token: 'a-token' };
  expect(inspect(200, JSON.stringify({ data })).findings).not.toEqual([]);
});
