import request from 'supertest';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createFakeService } from '../../test/support/http/fake-service.ts';
import { createTestApp, functionPath, secret, token } from '../../test/support/http/test-app.ts';
import type { AccessKey } from '../shared/types.ts';
import { startHttpServer } from './server.ts';

const claimWith = (accessKeys: readonly AccessKey[], headers: Record<string, string>) =>
  request(createTestApp({ accessKeys })).post(functionPath('claim')).set(headers).send({ token });

const open: AccessKey = { name: 'open', secret, ips: [] };

describe('the access key', () => {
  test.each<[string, Record<string, string>]>([
    ['missing', {}],
    ['empty', { 'X-CYCLE-ACCESS-KEY': '' }],
    ['wrong', { 'X-CYCLE-ACCESS-KEY': `${secret}x` }],
    ['a prefix of the right one', { 'X-CYCLE-ACCESS-KEY': secret.slice(0, -1) }],
    ['in another case', { 'X-CYCLE-ACCESS-KEY': secret.toUpperCase() }],
    ['in another header', { Authorization: `Bearer ${secret}` }],
    ['right, and sent twice', { 'X-CYCLE-ACCESS-KEY': `${secret}, ${secret}` }],
  ])('is refused when %s', async (_how, headers) => {
    const { status, body } = await claimWith([open], headers);
    expect(status).toBe(401);
    expect(body).toMatchObject({ error: { status: 401, code: '401.auth-invalid' }, data: null });
  });

  test('is accepted under any spelling of the header', async () => {
    expect((await claimWith([open], { 'x-Cycle-Access-Key': secret })).status).toBe(200);
  });

  test('is accepted with spaces and letters beyond ASCII', async () => {
    const spaced = 'two words, schlüssel';
    const server = await startHttpServer({
      app: createTestApp({ accessKeys: [{ name: 'spaced', secret: spaced, ips: [] }] }),
      host: '127.0.0.1',
      port: 0,
    });
    onTestFinished(() => server.close());
    // Header bytes are Latin-1 to fetch; the key goes over the wire as UTF-8, as curl sends it.
    const bytes = Buffer.from(spaced, 'utf8').toString('latin1');
    const { status } = await fetch(server.url + functionPath('active'), { headers: { 'X-CYCLE-ACCESS-KEY': bytes } });
    expect(status).toBe(200);
  });

  test('opens nothing when none is configured, or an empty one', async () => {
    expect((await claimWith([], { 'X-CYCLE-ACCESS-KEY': secret })).status).toBe(401);
    expect((await claimWith([{ ...open, secret: '' }], { 'X-CYCLE-ACCESS-KEY': '' })).status).toBe(401);
  });

  test.each([2, 255, 256, 257, 5_000])('of %d bytes differs from a longer and a shorter one', async (length) => {
    const key = 'k'.repeat(length);
    const statusWith = async (given: string) =>
      (
        await claimWith(
          [
            { ...open, secret: key },
            { ...open, secret: 'short' },
          ],
          { 'X-CYCLE-ACCESS-KEY': given },
        )
      ).status;
    expect(await statusWith(key)).toBe(200);
    expect(await statusWith(`${key}k`)).toBe(401);
    expect(await statusWith(key.slice(1))).toBe(401);
  });

  test('may be any of several keys', async () => {
    const keys = [{ name: 'other', secret: 'other', ips: [] }, open];
    expect((await claimWith(keys, { 'X-CYCLE-ACCESS-KEY': secret })).status).toBe(200);
  });

  test('is checked before the path, the method and the body are looked at', async () => {
    const app = createTestApp();
    const answers = await Promise.all([
      request(app).get('/nothing/here'),
      request(app).delete(functionPath('claim')),
      request(app).post(functionPath('claim')).set('Content-Type', 'application/json').send('{"to'),
      request(app).post(functionPath('claim')).set('Content-Type', 'text/plain').send('x'),
      request(app).post('/_emulator/health/unknown'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
  });

  test('missing is answered as recorded where a profile says so', async () => {
    const answerOverrides = { 'access/missing-key': { status: 403, code: '403.permissions' } } as const;
    const { status, body } = await request(createTestApp({ imitation: { answerOverrides } })).get(
      functionPath('active'),
    );
    expect(status).toBe(403);
    expect(body.error).toMatchObject({ status: 403, code: '403.permissions' });
  });
});

describe('a key bound to addresses', () => {
  const key = { 'X-CYCLE-ACCESS-KEY': secret };

  test('is refused from elsewhere with 403.invalid-ip', async () => {
    const { status, body } = await claimWith([{ ...open, ips: ['203.0.113.0/24'] }], key);
    expect(status).toBe(403);
    expect(body.error.code).toBe('403.invalid-ip');
  });

  test('ignores what X-Forwarded-For claims', async () => {
    const headers = { ...key, 'X-Forwarded-For': '203.0.113.7', Forwarded: 'for=203.0.113.7' };
    expect((await claimWith([{ ...open, ips: ['203.0.113.0/24'] }], headers)).status).toBe(403);
  });

  test('is accepted where one of several keys with its secret admits the address', async () => {
    const keys = [
      { ...open, ips: ['203.0.113.0/24'] },
      { ...open, name: 'local', ips: ['127.0.0.0/8', '::1'] },
    ];
    expect((await claimWith(keys, key)).status).toBe(200);
  });

  test('is refused with 401 for a wrong secret from any address, which reveals no allowed address', async () => {
    const wrong = { 'X-CYCLE-ACCESS-KEY': 'wrong' };
    expect((await claimWith([{ ...open, ips: ['203.0.113.0/24'] }], wrong)).status).toBe(401);
  });

  test.each([
    { host: '127.0.0.1', ips: ['127.0.0.1'] },
    { host: '::1', ips: ['::1'] },
    // A socket that listens on both families shows IPv4 callers as ::ffff:127.0.0.1.
    { host: '::', ips: ['127.0.0.0/8'] },
  ])('sees the caller of a server on $host', async ({ host, ips }) => {
    const app = createTestApp({ service: createFakeService(), accessKeys: [{ ...open, ips }] });
    const server = await startHttpServer({ app, host, port: 0 });
    onTestFinished(() => server.close());
    const url = host === '::' ? `http://127.0.0.1:${server.port}` : server.url;
    expect((await fetch(url + functionPath('active'), { headers: key })).status).toBe(200);
  });
});
