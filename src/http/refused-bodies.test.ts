import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createTestApp, functionPath, secret, token } from '../../test/support/http/test-app.ts';
import { startHttpServer } from './server.ts';

const claim = JSON.stringify({ token });

/** Sends the head of a claim whose body is still to come. */
const begin = async (headers: string, key = secret, timeouts = {}) => {
  const server = await startHttpServer({ app: createTestApp(), host: '127.0.0.1', port: 0, timeouts });
  onTestFinished(() => server.close());
  const socket = connect(server.port, '127.0.0.1').setEncoding('utf8');
  onTestFinished(() => void socket.destroy());
  const fixed = `Host: x\r\nX-CYCLE-ACCESS-KEY: ${key}\r\nContent-Type: application/json\r\n`;
  socket.write(`POST ${functionPath('claim')} HTTP/1.1\r\n${fixed}${headers}\r\n`);
  return socket;
};

const next = async (socket: Socket): Promise<string> => String((await once(socket, 'data'))[0]);

const oversized = 'Content-Length: 99000000\r\n';

test.each([
  ['that is announced', oversized, ''],
  ['that asks for leave to be sent', `${oversized}Expect: 100-continue\r\n`, ''],
  ['announced as gzip', `${oversized}Content-Encoding: gzip\r\n`, ''],
  ['that has begun to come', oversized, 'x'.repeat(2_000_000)],
  ['of which no length is known', 'Transfer-Encoding: chunked\r\n', `200000\r\n${'x'.repeat(0x200000)}`],
])('an oversized body %s is refused before it has arrived', async (_what, headers, sent) => {
  const socket = await begin(headers);
  socket.write(sent);
  const answer = await next(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 422 /);
  expect(answer).toMatch(/^connection: close/im);
  expect(answer).toContain('"code":"422.max-exceeded"');
});

test('a caller that sends an oversized body to its end before it reads finds the answer, and then the end', async () => {
  const socket = await begin('Content-Length: 30000000\r\n');
  socket.pause();
  const piece = 'x'.repeat(1_000_000);
  for (let sent = 0; sent < 30; sent += 1) await new Promise((resolve) => socket.write(piece, resolve));
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.resume();
  await once(socket, 'close');
  expect(answer).toMatch(/^HTTP\/1\.1 422 /);
  expect(answer).not.toContain('HTTP/1.1 400');
});

test('the connection of a caller that stops within an oversized body is closed', async () => {
  const socket = await begin(oversized);
  expect(await next(socket)).toMatch(/^HTTP\/1\.1 422 /);
  await once(socket, 'end');
});

test('a caller that sends Expect: 100-continue may send a body that will be read', async () => {
  const socket = await begin(`Content-Length: ${claim.length}\r\nExpect: 100-continue\r\n`);
  expect(await next(socket)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  socket.write(claim);
  expect(await next(socket)).toMatch(/^HTTP\/1\.1 200 /);
});

test('a caller without a key that sends Expect: 100-continue is refused before its body', async () => {
  const socket = await begin(`Content-Length: ${claim.length}\r\nExpect: 100-continue\r\n`, 'wrong');
  expect(await next(socket)).toMatch(/^HTTP\/1\.1 401 /);
});

test('a request that is answered before its body has come gets no second answer when the body stays out', async () => {
  const impatient = { headersTimeout: 300, requestTimeout: 600, connectionsCheckingInterval: 50 };
  const socket = await begin(oversized, 'wrong', impatient);
  let answer = await next(socket);
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  await once(socket, 'close');
  expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
});
