import { gzipSync } from 'node:zlib';
import request from 'supertest';
import { describe, expect, test } from 'vitest';
import { post } from '../../test/support/http/post.ts';
import { createTestApp, functionPath, secret } from '../../test/support/http/test-app.ts';

const app = createTestApp();
const claim = functionPath('claim');

describe('a request by a method that openapi.yaml does not have:', () => {
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
    ['a type with parameters', claim, { 'Content-Type': `application/json; profile=x` }],
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

test('answers carry no headers that name their software', async () => {
  const answer = await post(claim, '{"token":"abcde"}');
  expect(answer.headers).not.toHaveProperty('x-powered-by');
  expect(answer.headers).not.toHaveProperty('etag');
});
