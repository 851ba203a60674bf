import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { startDocker29 } from './docker-29.ts';

const networks = { cycle: { IPAddress: '10.1.2.3', MacAddress: '02:42:0a:01:02:03' } };

const answers: Readonly<Record<string, unknown>> = {
  '/_ping': {},
  '/info': { Driver: 'overlay2', CgroupVersion: '2', ServerVersion: '28.5.2' },
  '/version': { Version: '28.5.2', ApiVersion: '1.51', MinAPIVersion: '1.24', Components: [{ Name: 'Engine' }] },
  '/containers/a/json': {
    Id: 'a',
    Config: { OnBuild: null, Cmd: ['sh'] },
    HostConfig: { KernelMemoryTCP: 0 },
    NetworkSettings: { Bridge: '', IPAddress: '10.1.2.3', MacAddress: '', Ports: {}, Networks: networks },
  },
  '/images/library/busybox:1.37/json': { Parent: '', Author: 'me', Config: { Cmd: null, Env: [], WorkingDir: '/w' } },
  '/containers/create': { Id: 'made' },
};

/** The proxy before an engine that knows these answers, sends two events, and attaches to what sends all back. */
const start = async () => {
  await using parts = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'cycle-29-'));
  parts.defer(() => rmSync(folder, { recursive: true }));
  const asked: string[] = [];
  const hungUp = Promise.withResolvers<void>();
  const engine = http.createServer({ maxHeaderSize: 2 ** 20 }, (request, response) => {
    const path = (request.url ?? '').replace(/^\/v[\d.]+/, '');
    const [resource = ''] = path.split('?');
    asked.push(request.url ?? '');
    if (!path.startsWith('/events')) {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answers[resource]));
      return;
    }
    response.write('{"status":"die","id":"a","from":"busybox","Type":"container","Action":"die"}\n{"Type":');
    response.once('close', hungUp.resolve);
  });
  engine.on('upgrade', (_request, client: net.Socket, head) => {
    client.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    client.write(head);
    client.pipe(client);
  });
  const engineSocket = join(folder, 'engine.sock');
  engine.listen(engineSocket);
  await once(engine, 'listening');
  parts.defer(() => {
    engine.close();
    engine.closeAllConnections();
  });
  const socketPath = join(folder, 'docker-29.sock');
  parts.use(await startDocker29(engineSocket, socketPath));
  asked.length = 0;
  const request = async (path: string, body?: object): Promise<http.IncomingMessage> => {
    const sent = http.request({
      socketPath,
      path,
      method: body === undefined ? 'GET' : 'POST',
      headers: { host: 'd' },
    });
    sent.end(body === undefined ? '' : JSON.stringify(body));
    return ((await once(sent, 'response')) as [http.IncomingMessage])[0];
  };
  const kept = parts.move();
  return { asked, hungUp: hungUp.promise, request, socketPath, [Symbol.asyncDispose]: () => kept.disposeAsync() };
};

type Proxy = Awaited<ReturnType<typeof start>>;

const answerOf = async (proxy: Proxy, path: string, body?: object): Promise<unknown> => {
  const response = await proxy.request(path, body);
  return response.statusCode === 200
    ? await json(response)
    : { status: response.statusCode, ...Object(await json(response)) };
};

test('the Docker 29 proxy says that it is Docker 29', async () => {
  await using proxy = await start();
  expect((await proxy.request('/_ping')).headers).toMatchObject({
    'api-version': '1.52',
    server: 'Docker/29.0.0 (linux)',
  });
  const version = { Version: '29.0.0', ApiVersion: '1.52', MinAPIVersion: '1.44' };
  expect(await answerOf(proxy, '/v1.44/version')).toMatchObject(version);
  expect(await answerOf(proxy, '/info')).toMatchObject({ ServerVersion: '29.0.0' });
});

test('the Docker 29 proxy refuses clients that are too old or too new', async () => {
  await using proxy = await start();
  const tooOld = { status: 400, message: expect.stringContaining('client version 1.43 is too old') };
  expect(await answerOf(proxy, '/v1.43/info')).toEqual(tooOld);
  expect(await answerOf(proxy, '/v1.53/info')).toMatchObject({ status: 400 });
  expect(proxy.asked).toEqual([]);
});

test('the Docker 29 proxy asks the engine for no version that it does not know', async () => {
  await using proxy = await start();
  for (const path of ['/v1.52/info', '/v1.51/info', '/info']) await answerOf(proxy, path);
  expect(proxy.asked).toEqual(['/info', '/v1.51/info', '/info']);
});

test('the Docker 29 proxy refuses a container-wide MAC address, but of clients of older APIs', async () => {
  await using proxy = await start();
  const refused = { status: 400, message: expect.stringContaining('container-wide MAC address') };
  expect(await answerOf(proxy, '/containers/create', { MacAddress: '02:42:0a:01:02:03' })).toEqual(refused);
  expect(await answerOf(proxy, '/v1.51/containers/create', { MacAddress: '02:42:0a:01:02:03' })).toEqual({
    Id: 'made',
  });
  const endpoint = { NetworkingConfig: { EndpointsConfig: networks } };
  expect(await answerOf(proxy, '/containers/create', endpoint)).toEqual({ Id: 'made' });
});

test('the Docker 29 proxy takes variables of 128 KiB in the path', async () => {
  await using proxy = await start();
  const path = `/containers/create?Env=${'x'.repeat(2 ** 17)}`;
  expect(await answerOf(proxy, path, { Env: [] })).toEqual({ Id: 'made' });
});

test('the Docker 29 proxy leaves out what API 1.52 leaves out', async () => {
  await using proxy = await start();
  expect(await answerOf(proxy, '/containers/a/json')).toEqual({
    Id: 'a',
    Config: { Cmd: ['sh'] },
    HostConfig: {},
    NetworkSettings: { Ports: {}, Networks: networks },
  });
  expect(await answerOf(proxy, '/images/library/busybox:1.37/json')).toEqual({
    Author: 'me',
    Config: { WorkingDir: '/w' },
  });
  expect(await answerOf(proxy, '/v1.51/containers/a/json')).toEqual(answers['/containers/a/json']);
});

test('the Docker 29 proxy passes events on as they come, without their old fields, and hangs up with its client', async () => {
  await using proxy = await start();
  const response = await proxy.request('/events?since=1');
  const [first] = (await once(response, 'data')) as [Buffer];
  expect(String(first)).toBe('{"Type":"container","Action":"die"}\n');
  response.destroy();
  await proxy.hungUp;
});

test('the Docker 29 proxy passes on all bytes of an attached stream, and its half end', async () => {
  await using proxy = await start();
  const client = net.connect({ path: proxy.socketPath, allowHalfOpen: true });
  const head =
    'POST /v1.52/containers/a/attach?stdin=1 HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n';
  const bytes = `\u0000${'much '.repeat(2 ** 21)}`;
  client.end(`${head}${bytes}`);
  const [answer, rest] = (await text(client)).split('\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1\.1 101 UPGRADED\r\n/);
  expect(rest === bytes, `${rest?.length} of ${bytes.length} bytes`).toBe(true);
});
