import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createFakeService, instanceId, network } from '../../test/support/http/fake-service.ts';
import { parseRawAnswer, sendRaw } from '../../test/support/http/raw-request.ts';
import { createRecordingLogger } from '../../test/support/http/recording-logger.ts';
import { createTestApp, functionPath, secret, token } from '../../test/support/http/test-app.ts';
import { livePath } from './app.ts';
import { startHttpServer } from './server.ts';

const start = async () => {
  const log = createRecordingLogger();
  const server = await startHttpServer({
    app: createTestApp({ logger: log.logger }),
    host: '127.0.0.1',
    port: 0,
    logger: log.logger,
  });
  onTestFinished(() => server.close());
  return { port: server.port, log };
};

const claim = functionPath('claim');
const head = `Host: x\r\nX-CYCLE-ACCESS-KEY: ${secret}\r\nContent-Type: application/json\r\n`;

describe('what Node’s parser refuses is answered in the envelope', () => {
  test.each([
    ['no HTTP at all', 'hello\r\n\r\n'],
    ['TLS', Buffer.from('160301020001000001fc0303', 'hex')],
    ['a URL of 20 KB', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${head}\r\n`],
    ['headers of 20 KB', `GET / HTTP/1.1\r\n${head}X-Long: ${'a'.repeat(20_000)}\r\n\r\n`],
    ['headers of 2 MB, which are still being sent', `GET / HTTP/1.1\r\n${head}X: ${'a'.repeat(2_000_000)}\r\n\r\n`],
    ['a header without a name', 'GET / HTTP/1.1\r\n: x\r\n\r\n'],
    ['two lengths', `POST ${claim} HTTP/1.1\r\n${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`],
    [
      'a length and chunks',
      `POST ${claim} HTTP/1.1\r\n${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
    ],
    ['a chunk of nonsense', `POST ${claim} HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`],
    ['an unknown method', 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['CONNECT', 'CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('%s', async (_what, bytes) => {
    const { port, log } = await start();
    const { status, headers, body } = parseRawAnswer(await sendRaw(port, bytes));
    expect(status).toBe(400);
    expect(headers).toMatch(/content-type: application\/json/i);
    expect(JSON.parse(body)).toMatchObject({ error: { status: 400, code: '400.invalid-syntax' }, data: null });
    expect(log.lines).toHaveLength(1);
  });
});

describe('what Node would answer by itself reaches the app instead', () => {
  test.each([
    ['no Host', `GET ${functionPath('active')} HTTP/1.1\r\nConnection: close\r\nX-CYCLE-ACCESS-KEY: ${secret}\r\n\r\n`],
    [
      'an unknown expectation',
      `GET ${functionPath('active')} HTTP/1.1\r\n${head}Connection: close\r\nExpect: tea\r\n\r\n`,
    ],
    [
      'an upgrade',
      `GET ${functionPath('active')} HTTP/1.1\r\n${head}Connection: close, upgrade\r\nUpgrade: h2c\r\n\r\n`,
    ],
  ])('%s', async (_what, bytes) => {
    const { port } = await start();
    expect(parseRawAnswer(await sendRaw(port, bytes)).status).toBe(200);
  });
});

test('a caller that resets the connection after CONNECT does no harm', async () => {
  const { port } = await start();
  const socket = connect(port, '127.0.0.1');
  socket.write('CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  socket.resetAndDestroy();
  expect((await fetch(`http://127.0.0.1:${port}${livePath}`)).status).toBe(200);
});

describe('a valid claim is answered before what follows it in the same segment is refused', () => {
  const body = JSON.stringify({ token });
  const bytes = `POST ${claim} HTTP/1.1\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`;
  const half = `POST ${claim} HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n`;

  test.each([
    ['garbage', bytes, 'garbage\r\n\r\n', [200, 400]],
    ['a body longer than it says', bytes, 'x', [200, 400]],
    ['CONNECT', bytes, 'CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n', [200, 400]],
    ['headers of 20 KB', bytes, `GET / HTTP/1.1\r\n${head}X: ${'a'.repeat(20_000)}\r\n\r\n`, [200, 400]],
    ['a request with a chunk of nonsense', bytes, `${half}zz\r\n`, [200, 400]],
    ['another claim and garbage', bytes, `${bytes}garbage\r\n\r\n`, [200, 200, 400]],
    ['garbage, and again', bytes, `garbage\r\n\r\n${'garbage\r\n\r\n'.repeat(9)}`, [200, 400]],
    ['garbage after it asked for the end', bytes.replace('\r\n', '\r\nConnection: close\r\n'), 'garbage', [200]],
  ])('%s', async (_what, first, second, statuses) => {
    const service = createFakeService({
      // As an engine that writes to a file: not in the turn in which it was asked.
      claim: async ({ token }) => {
        await turn();
        return { ok: true, value: { instanceId, token, network } };
      },
    });
    const server = await startHttpServer({ app: createTestApp({ service }), host: '127.0.0.1', port: 0 });
    onTestFinished(() => server.close());
    const socket = connect(server.port, '127.0.0.1');
    socket.write(first + second);
    const answers = await text(socket);
    expect([...answers.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status))).toEqual(statuses);
  });
});
