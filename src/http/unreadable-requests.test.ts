import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { livePath } from './health.ts';
import { startHttpServer } from './start-http-server.ts';
import { parseRawAnswer, sendRaw } from './testing/raw-request.ts';
import { createRecordingLogger } from './testing/recording-logger.ts';
import { createTestApp, functionPath, secret } from './testing/test-app.ts';

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
    ['a method nobody knows', 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n'],
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
