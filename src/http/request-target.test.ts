import { expect, onTestFinished, test } from 'vitest';
import { createFakeService, instanceId } from '../../test/support/http/fake-service.ts';
import { parseRawAnswer, sendRaw } from '../../test/support/http/raw-request.ts';
import { createTestApp, functionPath, secret, token } from '../../test/support/http/test-app.ts';
import { createControlApp } from '../control/control-app.ts';
import { silentLogger } from '../shared/logger.ts';
import { livePath } from './app.ts';
import { startHttpServer } from './server.ts';

const control = createControlApp({
  control: (_request, _response, next) => next(),
  service: createFakeService(),
  accessKeys: [{ name: 'test', secret, ips: [] }],
  health: { version: '1.2.3', session: 'test-session', startedAt: 0 },
  logger: silentLogger,
});

/** Asks one of the two servers with this request target, as it is. */
const ask = async (app: ReturnType<typeof createTestApp>, method: string, target: string, key = secret, body = '') => {
  const server = await startHttpServer({ app, host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
  const head = `Host: x\r\nConnection: close\r\nX-CYCLE-ACCESS-KEY: ${key}\r\nContent-Type: application/json\r\n`;
  const bytes = `${method} ${target} HTTP/1.1\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`;
  return parseRawAnswer(await sendRaw(server.port, bytes));
};

test.each([
  ['http://127.0.0.1:4280', 'the address of the server'],
  ['http://env-scheduler', 'a name without a port'],
  ['HTTPS://user:word@example.org:1', 'a scheme in capitals and a user'],
])('a request target in absolute form, %s (%s), is its path', async (origin) => {
  const active = await ask(createTestApp(), 'GET', origin + functionPath('active'));
  expect(JSON.parse(active.body)).toMatchObject({ data: { [instanceId]: { id: instanceId } } });
  const claimed = await ask(createTestApp(), 'POST', origin + functionPath('claim'), secret, `{"token":"${token}"}`);
  expect(JSON.parse(claimed.body)).toMatchObject({ data: { instance_id: instanceId } });
  for (const app of [createTestApp(), control]) {
    expect((await ask(app, 'GET', origin + livePath, '')).status).toBe(200);
  }
});

test.each([
  ['http://', 'no host at all'],
  ['https://:4280', 'a port alone'],
  ['http://?a=b', 'a query in place of a host'],
  [`http://${functionPath('active')}`, 'a path without a host'],
  ['http://example.org?a=b', 'a query without a path'],
  ['ftp://', 'another scheme without a host'],
  ['ftp://example.org/v1/functions', 'another scheme'],
  ['http://[::1/', 'half a literal'],
  ['//', 'two slashes'],
  ['//example.org/v1', 'an authority without a scheme'],
  ['*', 'an asterisk'],
])('a request target that is no path, %s (%s), needs the key and is then 404 in the envelope', async (target) => {
  for (const app of [createTestApp(), control]) {
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const [stranger, known] = [await ask(app, method, target, 'wrong'), await ask(app, method, target)];
      expect(JSON.parse(stranger.body)).toMatchObject({ error: { code: '401.auth-invalid' }, data: null });
      expect(JSON.parse(known.body)).toMatchObject({ error: { code: '404.uri' }, data: null });
    }
  }
});
