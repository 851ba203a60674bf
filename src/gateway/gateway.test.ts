import { createHash, randomBytes } from 'node:crypto';
import { createServer, request as openRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { exchange, rawFunction, startSampleGateway } from '../../test/support/gateway/sample-gateway.ts';
import { withCallFaults } from '../faults/call-faults.ts';
import { openGateway } from './gateway.ts';

const hello = () =>
  createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end(JSON.stringify({ url: request.url, headers: request.headers })));
  });

const head = 'GET / HTTP/1.1\r\nHost: web.localhost\r\n';

describe('a request to the gateway', () => {
  it('is answered by an instance of its own, which is free again then', async () => {
    await using sample = await startSampleGateway({ functionServer: hello() });
    const sent = { 'X-Own': 'kept', 'X-Forwarded-For': '6.6.6.6' };
    const response = await sample.fetch('/path?query=1', { headers: sent });
    const { url, headers } = (await response.json()) as { url: string; headers: Record<string, string> };
    expect(url).toBe('/path?query=1');
    expect(headers).toMatchObject({
      host: 'web.localhost',
      'x-own': 'kept',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'web.localhost',
      'x-forwarded-port': String(sample.gateway.port),
      'x-forwarded-proto': 'http',
      'x-forwarded-scheme': 'http',
    });
    expect(headers).not.toHaveProperty('x-cycle-host');
    expect(response.headers.get('server-timing')).toMatch(
      /^claim;dur=[\d.]+, spawn;dur=[\d.]+, reach;dur=[\d.]+, function;dur=[\d.]+$/,
    );
    await sample.idle();
    expect(sample.linked).toEqual([
      expect.objectContaining({ path: '/path', host: 'web.localhost', status: 200, ending: 'no_error' }),
    ]);
  });

  it('has another instance than the one before on the same connection', async () => {
    await using sample = await startSampleGateway({ functionServer: hello() });
    const text = await exchange(sample.gateway.port, `${head}\r\n${head}Connection: close\r\n\r\n`);
    expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
    const claimed = sample.linked.map(({ instanceId }) => instanceId);
    expect(new Set(claimed).size).toBe(2);
    await sample.idle();
  });

  it('carries ten megabytes both ways, byte for byte', async () => {
    const functionServer = createServer((request, response) => {
      response.setHeader('Content-Type', 'application/octet-stream');
      request.pipe(response);
    });
    await using sample = await startSampleGateway({ functionServer });
    const body = randomBytes(10 * 1024 * 1024);
    const response = await sample.fetch('/', { method: 'POST', body });
    const back = Buffer.from(await response.arrayBuffer());
    expect(digest(back)).toBe(digest(body));
    await sample.idle();
  });

  it('gets what the function sends as it sends it', async () => {
    const first = Promise.withResolvers<void>();
    const functionServer = createServer((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write('data: one\n\n');
      void first.promise.then(() => response.end('data: two\n\n'));
    });
    await using sample = await startSampleGateway({ functionServer });
    const response = await sample.fetch('/events');
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe('data: one\n\n');
    first.resolve();
    expect((await reader?.read())?.value).toBe('data: two\n\n');
    expect((await reader?.read())?.done).toBe(true);
    await sample.idle();
  });

  it('changes to another protocol where the function does, and bytes go both ways', async () => {
    const functionServer = createServer().on('upgrade', (request, socket, early) => {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade}\r\nConnection: Upgrade\r\n\r\n`,
      );
      socket.write(early);
      socket.pipe(socket);
    });
    await using sample = await startSampleGateway({ functionServer });
    const upgrade = `${head}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n`;
    const text = await exchange(sample.gateway.port, `${upgrade}early bytes`, { until: /early bytes/ });
    expect(text).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
    expect(text).toMatch(/\r\nUpgrade: websocket\r\n/);
    await sample.idle();
    expect(sample.linked).toEqual([expect.objectContaining({ status: 101, ending: 'no_error' })]);
  });

  it('that may not change protocols gets the function’s answer', async () => {
    const functionServer = createServer().on('upgrade', (_request, socket) => {
      socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno');
    });
    await using sample = await startSampleGateway({ functionServer });
    const text = await exchange(sample.gateway.port, `${head}Connection: Upgrade\r\nUpgrade: other\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 426 Upgrade Required(.|\r\n)*\r\n\r\nno$/);
    await sample.idle();
  });

  it('that asks for HTTP/2 is answered in HTTP/1.1', async () => {
    await using sample = await startSampleGateway({ functionServer: hello() });
    const ask = `${head}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n\r\n`;
    const text = await exchange(sample.gateway.port, ask);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).not.toMatch(/http2-settings/i);
    await sample.idle();
  });

  it('with Expect: 100-continue sends its body once the function is there', async () => {
    await using sample = await startSampleGateway({ functionServer: hello() });
    const ask = openRequest(`${sample.gateway.url}/`, {
      method: 'PUT',
      headers: { Host: 'web.localhost', Expect: '100-continue', 'Content-Length': 4 },
    });
    ask.flushHeaders();
    await new Promise((resolve) => ask.once('continue', resolve));
    expect(sample.counts()).toMatchObject({ active: 1 });
    const answer = new Promise<number | undefined>((resolve) =>
      ask.once('response', ({ statusCode }) => resolve(statusCode)),
    );
    ask.end('body');
    expect(await answer).toBe(200);
    ask.destroy();
    await sample.idle();
  });

  it('carries trailers and early hints', async () => {
    const functionServer = createServer((request, response) => {
      request.resume();
      request.on('end', () => {
        response.writeEarlyHints({ link: '</style.css>; rel=preload' });
        response.writeHead(200, { Trailer: 'X-After' });
        response.write('body');
        response.addTrailers({ 'X-After': String(request.trailers['x-sum']) });
        response.end();
      });
    });
    await using sample = await startSampleGateway({ functionServer });
    const post = 'POST / HTTP/1.1\r\nHost: web.localhost\r\nConnection: close\r\nTrailer: X-Sum\r\n';
    const chunks = 'Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-Sum: 42\r\n\r\n';
    const text = await exchange(sample.gateway.port, post + chunks);
    expect(text).toMatch(/^HTTP\/1\.1 103 Early Hints\r\nlink: <\/style\.css>; rel=preload\r\n/i);
    expect(text).toMatch(/0\r\nX-After: 42\r\n\r\n$/);
    await sample.idle();
  });

  it('leaves out early hints that Node does not write, and passes the answer on', async () => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nLink: </b>; rel=preload; title="a b"\r\n\r\n';
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
    const functionServer = rawFunction((socket) => socket.once('data', () => socket.end(hints + answer)));
    await using sample = await startSampleGateway({ functionServer });
    const text = await exchange(
      sample.gateway.port,
      'GET / HTTP/1.1\r\nHost: web.localhost\r\nConnection: close\r\n\r\n',
    );
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nok$/);
    await sample.idle();
  });

  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n', /Content-Length: 12345\r\n/],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n', /^HTTP\/1\.1 204 No Content\r\n/],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n', /^HTTP\/1\.1 304 Not Modified\r\n/],
  ])('%s that is answered without a body ends with its headers', async (method, answer, expected) => {
    const functionServer = rawFunction((socket) => socket.once('data', () => socket.end(answer)));
    await using sample = await startSampleGateway({ functionServer });
    const ask = `${method} / HTTP/1.1\r\nHost: web.localhost\r\nConnection: close\r\n\r\n`;
    const text = await exchange(sample.gateway.port, ask);
    expect(text).toMatch(expected);
    expect(text).toMatch(/\r\n\r\n$/);
    await sample.idle();
  });

  it('is served on another port where the preferred one is taken, and on none where it was asked for', async () => {
    await using sample = await startSampleGateway({ functionServer: hello() });
    const { port } = sample.gateway;
    const options = { ...sample.options, port };
    await using second = await openGateway({ ...options, isPortPreferred: true });
    expect(second.port).not.toBe(port);
    await expect(openGateway(options)).rejects.toThrow(
      new RegExp(`port ${port}: .* or choose another port with --gateway-port\\.$`),
    );
  });

  it('waits for an instance in one line with callers of the API', async () => {
    await using sample = await startSampleGateway({ functionServer: hello(), spec: { instances: 1 } });
    const { engine, containerId } = sample;
    const signal = new AbortController().signal;
    const held = await engine.claim({ containerId, token: 'api-token', signal });
    if (!held.ok) throw new Error('not claimed');
    // As an emulator has it, whose claims may meet faults first.
    await using gateway = await openGateway({ ...sample.options, service: withCallFaults(engine, sample.faults) });
    const response = fetch(gateway.url, { headers: { 'X-Cycle-Host': 'web.localhost' } });
    await sample.event('claim.queued');
    const behind = engine.claim({ containerId, token: 'api-token', signal });
    expect(sample.counts()).toMatchObject({ waiting: 2 });
    await engine.release({ containerId, ...held.value });
    expect((await response).headers.get('server-timing')).toMatch(/^claim;dur=[\d.]+, queue;dur=[\d.]+, spawn;/);
    expect(await behind).toMatchObject({ ok: true });
  });
});

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A request that is under way, and the caller's way to go. */
const ask = (port: number, bytes: string): Socket => {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  socket.write(bytes);
  return socket;
};

describe('a caller that hangs up', () => {
  const untilNoneWaits = async (sample: Awaited<ReturnType<typeof startSampleGateway>>) =>
    sample.event('claim.abandoned');

  it('leaves the line', async () => {
    await using sample = await startSampleGateway({ functionServer: hello(), spec: { instances: 1 } });
    const { engine, containerId } = sample;
    const held = await engine.claim({ containerId, token: 'api-token', signal: new AbortController().signal });
    const caller = ask(sample.gateway.port, `${head}\r\n`);
    await sample.event('claim.queued');
    caller.destroy();
    await untilNoneWaits(sample);
    expect(held.ok && (await engine.release({ containerId, ...held.value }))).toMatchObject({ ok: true });
    await sample.idle();
  });

  it.each([
    ['while the function does not listen yet', `${head}\r\n`],
    ['while the function does not listen yet, to change protocols', `${head}Connection: Upgrade\r\nUpgrade: x\r\n\r\n`],
  ])('%s frees its instance', async (_, bytes) => {
    await using sample = await startSampleGateway({});
    const caller = ask(sample.gateway.port, bytes);
    await sample.event('instance.running');
    caller.end();
    await sample.event('instance.ended');
    await sample.idle();
    expect(sample.linked).toEqual([expect.objectContaining({ status: null, ending: 'no_error' })]);
  });

  it.each([
    ['before an answer', ''],
    ['in the midst of an answer', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'],
  ])('%s frees its instance', async (_, answer) => {
    const asked = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    const functionServer = rawFunction((socket) => {
      socket.on('end', () => closed.resolve());
      socket.once('data', () => socket.write(answer, () => asked.resolve()));
    });
    await using sample = await startSampleGateway({ functionServer });
    const caller = ask(sample.gateway.port, `${head}\r\n`);
    await asked.promise;
    caller.destroy();
    await sample.event('instance.ended');
    await closed.promise;
    await sample.idle();
  });

  it('in the midst of its body frees its instance', async () => {
    const asked = Promise.withResolvers<void>();
    const functionServer = rawFunction((socket) => socket.once('data', () => asked.resolve()));
    await using sample = await startSampleGateway({ functionServer });
    const post = 'POST / HTTP/1.1\r\nHost: web.localhost\r\nContent-Length: 100\r\n\r\nhalf';
    const caller = ask(sample.gateway.port, post);
    await asked.promise;
    caller.destroy();
    await sample.event('instance.ended');
    await sample.idle();
  });

  it('after its connection has changed protocols frees its instance', async () => {
    const functionServer = createServer().on('upgrade', (_request, socket) => {
      socket.on('error', () => {});
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
    });
    await using sample = await startSampleGateway({ functionServer });
    const caller = ask(sample.gateway.port, `${head}Connection: Upgrade\r\nUpgrade: x\r\n\r\n`);
    await new Promise((resolve) => {
      caller.once('data', resolve);
    });
    caller.destroy();
    await sample.event('instance.ended');
    await sample.idle();
  });
});
