import { once } from 'node:events';
import { request as ask, createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { json } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import express from 'express';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { endOnceRead, parseJsonBody } from './request-body.ts';

const limitBytes = 2_000;

let server: Server;
let port: number;
const seen: unknown[] = [];

beforeAll(async () => {
  const app = express();
  app.use('/ours', ...parseJsonBody(limitBytes));
  app.use('/theirs', express.json({ strict: false, limit: limitBytes }));
  app.use((request, response) => {
    seen.push(request.body);
    response.json({ body: request.body ?? null });
  });
  app.use(((error, _request, response, _next) => {
    response.status(error.status ?? 500).json({ error: String(error) });
  }) satisfies express.ErrorRequestHandler);
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});

afterAll(async () => {
  server.close();
  await once(server, 'close');
});

type Framing = 'length' | 'chunked' | 'gzip';

/** Sends a body in several writes and answers the status, and what the server has read. */
const send = async (path: string, bytes: Buffer, framing: Framing, pieces = 1) => {
  const sent = framing === 'gzip' ? gzipSync(bytes) : bytes;
  const headers = {
    'Content-Type': 'application/json',
    ...(framing === 'chunked' ? {} : { 'Content-Length': sent.length }),
    ...(framing === 'gzip' ? { 'Content-Encoding': 'gzip' } : {}),
  };
  const asking = ask({ port, host: '127.0.0.1', method: 'POST', path, headers, agent: false });
  const answered = once(asking, 'response');
  const size = Math.max(1, Math.ceil(sent.length / pieces));
  for (let at = 0; at < sent.length; at += size) {
    // The server, in this process, reads what has been written before the next piece is.
    await new Promise((resolve) => asking.write(sent.subarray(at, at + size), resolve));
    await turn();
  }
  asking.end();
  const [answer] = (await answered) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, answer: (await json(answer)) as { body?: unknown } };
};

const framings: readonly Framing[] = ['length', 'chunked', 'gzip'];

test("bodies are read as Express' own parser reads them, however they are sent", async () => {
  const text = fc.json().map((json) => Buffer.from(json));
  const damaged = fc.tuple(text, fc.uint8Array({ minLength: 1, maxLength: 3 }), fc.nat()).map(([bytes, noise, at]) => {
    const place = at % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, place), noise, bytes.subarray(place)]);
  });
  const marked = text.map((bytes) => Buffer.concat([Buffer.from('\uFEFF'), bytes]));
  const large = fc.integer({ min: -3, max: 3 }).map((over) => Buffer.from(`"${'x'.repeat(limitBytes + over - 2)}"`));
  const isUtf8 = (bytes: Buffer): boolean => Buffer.from(bytes.toString()).equals(bytes);
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(text, damaged, marked, large),
      fc.constantFrom(...framings),
      fc.integer({ min: 1, max: 4 }),
      async (bytes, framing, pieces) => {
        const [ours, theirs] = await Promise.all([
          send('/ours', bytes, framing, pieces),
          send('/theirs', bytes, framing, pieces),
        ]);
        // They put U+FFFD in the place of what is no UTF-8.
        if (theirs.status === 200 && isUtf8(bytes)) expect(ours).toEqual(theirs);
        else expect(ours.status).toBe(theirs.status === 413 ? 422 : 400);
      },
    ),
    { numRuns: 400, seed: 20_250_601 },
  );
});

test.each(framings)('an empty body counts as none (%s)', async (framing) => {
  expect(await send('/ours', Buffer.alloc(0), framing)).toEqual({ status: 200, answer: { body: null } });
});

test('a body whose caller leaves in its middle is dropped', async () => {
  const marker = 'never complete';
  const socket = connect({ port, host: '127.0.0.1' });
  const asked = once(server, 'request') as Promise<[IncomingMessage]>;
  socket.write(
    `POST /ours HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"${marker}"`,
  );
  const [request] = await asked;
  socket.resetAndDestroy();
  await new Promise((resolve) => request.once('close', resolve));
  expect(seen).not.toContain(marker);
  expect((await send('/ours', Buffer.from('"next"'), 'length')).answer.body).toBe('next');
});

test('a request that has been read holds no listeners', async () => {
  const asked = once(server, 'request') as Promise<[IncomingMessage]>;
  const answering = send('/ours', Buffer.from('{"token":"abcde"}'), 'length');
  const [request] = await asked;
  await answering;
  expect(request.listenerCount('data')).toBe(0);
});

test('a caller whose answer came first may go on to send its body for 30 s, and not without end', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const early = createServer((request, response) => {
    response.write('the answer');
    endOnceRead(request.resume(), response);
  });
  onTestFinished(() => void early.close());
  await once(early.listen(0, '127.0.0.1'), 'listening');
  const caller = connect((early.address() as AddressInfo).port, '127.0.0.1').resume();
  const asked = once(early, 'request') as Promise<[IncomingMessage]>;
  caller.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n');
  const [request] = await asked;
  const sendFor = async (seconds: number): Promise<void> => {
    for (let half = 0; half < 2 * seconds && !request.socket.destroyed; half += 1) {
      const came = once(request, 'data');
      caller.write('x');
      await came;
      vi.advanceTimersByTime(500);
    }
  };
  await sendFor(30);
  expect(request.socket.writable).toBe(true);
  await sendFor(3);
  expect(request.socket.destroyed).toBe(true);
});
