import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { expect, it } from 'vitest';
import { LogBudget, RunLog } from '../engine/run-log.ts';
import { answerLogs } from './control-streams.ts';
import { LatestRuns } from './latest-runs.ts';

/** A server of one log, which keeps 10 bytes. */
const startServer = async (readerPatienceMs = 60_000) => {
  const log = new RunLog(new LogBudget({ perRunBytes: 10, readerPatienceMs }));
  const app = express();
  const controlled = { logsOf: () => log, latestRuns: new LatestRuns() };
  app.get('/:instanceId', (request, response) => answerLogs(controlled, request, response));
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ask = (query = '', accept = '*/*') => fetch(`http://127.0.0.1:${port}/x${query}`, { headers: { accept } });
  return { log, ask, [Symbol.asyncDispose]: async () => void (await once(server.close(), 'close')) };
};

const print = (log: RunLog, stream: 'stdout' | 'stderr', data: string | Uint8Array): void =>
  log.append({ stream, data: Buffer.from(data) });

it('output is answered as text, with a mark and a header where its beginning is missing', async () => {
  await using server = await startServer();
  print(server.log, 'stdout', 'ab');
  print(server.log, 'stderr', '0123456789\n');
  const both = await server.ask();
  expect(both.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(both.headers.get('missing-bytes')).toBe('3');
  expect(await both.text()).toBe(
    '[cycle-scheduler: 2 bytes of stdout are missing here]\n[cycle-scheduler: 1 bytes of stderr are missing here]\n123456789\n',
  );
  const one = await server.ask('?stream=stderr');
  expect(one.headers.get('missing-bytes')).toBe('1');
  expect(await one.text()).toBe('[cycle-scheduler: 1 bytes of stderr are missing here]\n123456789\n');
});

it('output is answered byte for byte, and followed to its end', async () => {
  await using server = await startServer();
  print(server.log, 'stdout', Uint8Array.of(0xef, 0xbb, 0xbf, 0xff, 0, 0xc3));
  const answer = await server.ask('?follow=true', 'application/octet-stream');
  expect(answer.headers.get('content-type')).toBe('application/octet-stream');
  expect(answer.headers.get('missing-bytes')).toBeNull();
  print(server.log, 'stdout', Uint8Array.of(0xa9));
  server.log.close();
  expect([...new Uint8Array(await answer.arrayBuffer())]).toEqual([0xef, 0xbb, 0xbf, 0xff, 0, 0xc3, 0xa9]);
});

it('output is answered as events of both streams in order, with marks for missing bytes', async () => {
  await using server = await startServer();
  print(server.log, 'stdout', 'a'.repeat(12));
  print(server.log, 'stderr', 'oh');
  const answer = await server.ask('', 'text/event-stream');
  const base64 = (data: string) => Buffer.from(data).toString('base64');
  expect(await answer.text()).toBe(
    `event: missing\ndata: {"stream":"stdout","bytes":4}\n\nevent: stdout\ndata: ${base64('aaaaaaaa')}\n\nevent: stderr\ndata: ${base64('oh')}\n\n`,
  );
});

it('a reader of output that hangs up no longer holds up the run', async () => {
  await using server = await startServer();
  print(server.log, 'stdout', 'begun');
  const answer = await server.ask('?follow=true');
  await answer.body?.cancel();
  print(server.log, 'stdout', 'x'.repeat(200_000));
  await server.log.room();
  while (server.log.missingBytes === 0) await server.log.room();
  expect(server.log.bytes()).toHaveLength(10);
});

it('a reader of bytes that takes nothing for too long is cut off, for bytes cannot mark a gap', async () => {
  await using server = await startServer(100);
  const answer = await server.ask('?follow=true', 'application/octet-stream');
  // More than the sockets between take.
  for (let round = 0; round < 200; round += 1) {
    print(server.log, 'stdout', Buffer.alloc(131_072, 'x'));
    await server.log.room();
  }
  server.log.close();
  expect(await answer.arrayBuffer().then(() => 'whole', () => 'cut off')).toBe('cut off'); // biome-ignore format: one line
});
