import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createTestApp, functionPath, secret, token } from '../../test/support/http/test-app.ts';
import { livePath } from './app.ts';
import { startHttpServer } from './server.ts';

const timeouts = { headersTimeout: 300, requestTimeout: 600, connectionsCheckingInterval: 50 };

const start = async (options: { readonly timeouts?: typeof timeouts } = {}) => {
  const server = await startHttpServer({ app: createTestApp(), host: '127.0.0.1', port: 0, ...options });
  onTestFinished(() => server.close());
  return server;
};

const open = async (port: number): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
};

/** Sends `text` one character every ten milliseconds, and answers what comes back, and how long the server bore it. */
const drip = async (socket: Socket, text: string): Promise<{ readonly answer: string; readonly afterMs: number }> => {
  const startedAt = performance.now();
  let answer = '';
  let sent = 0;
  socket.setEncoding('utf8').on('data', (chunk) => {
    answer += chunk;
  });
  // What is dripped onto a connection that is closed already comes back as a reset.
  socket.on('error', () => {});
  const dripping = setInterval(() => {
    socket.write(text[sent] ?? 'x');
    sent += 1;
  }, 10);
  await once(socket, 'close');
  clearInterval(dripping);
  return { answer, afterMs: performance.now() - startedAt };
};

const head = `POST ${functionPath('claim')} HTTP/1.1\r\nX-CYCLE-ACCESS-KEY: ${secret}\r\nContent-Type: application/json\r\n`;

test.each([
  ['headers', '', `${head}X-Endless: `, timeouts.headersTimeout],
  ['a body', `${head}Content-Length: 100000\r\n\r\n`, '{"token":"', timeouts.requestTimeout],
])('%s sent a byte at a time time out, with an answer', async (_what, atOnce, dripped, limit) => {
  const { port } = await start({ timeouts });
  const socket = await open(port);
  socket.write(atOnce);
  const { answer, afterMs } = await drip(socket, dripped);
  expect(afterMs).toBeGreaterThanOrEqual(limit);
  expect(afterMs).toBeLessThan(limit + 15_000);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain('took too long to arrive');
});

test('a connection without a request is closed after a time', async () => {
  const { port } = await start({ timeouts });
  const socket = await open(port);
  socket.resume();
  await once(socket, 'close');
});

test('five thousand open connections leave room for others', async () => {
  // Longer than it takes to open them, so that all are open to the end.
  const { port, url } = await start({ timeouts: { ...timeouts, headersTimeout: 120_000, requestTimeout: 120_000 } });
  const half = `${head}X-Endless: `;
  for (let opened = 0; opened < 5_000; opened += 250) {
    const sockets = await Promise.all(Array.from({ length: 250 }, () => open(port)));
    // One in two says nothing, the other begins a request.
    for (const [index, socket] of sockets.entries()) if (index % 2 === 0) socket.write(half);
  }
  const startedAt = performance.now();
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      fetch(url + functionPath('claim'), {
        method: 'POST',
        headers: { 'X-CYCLE-ACCESS-KEY': secret, 'Content-Type': 'application/json' },
        body: JSON.stringify({ token }),
      }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
  expect((await fetch(url + livePath)).status).toBe(200);
  expect(performance.now() - startedAt).toBeLessThan(20_000);
});

test.each([
  [2 ** 20 - 12, 200],
  [2 ** 20, 422],
])('a token of %i characters is answered %i: the body’s limit is the token’s', async (length, status) => {
  const { url } = await start();
  const answer = await fetch(url + functionPath('claim'), {
    method: 'POST',
    headers: { 'X-CYCLE-ACCESS-KEY': secret, 'Content-Type': 'application/json' },
    body: JSON.stringify({ token: 'x'.repeat(length) }),
  });
  expect(answer.status).toBe(status);
});
