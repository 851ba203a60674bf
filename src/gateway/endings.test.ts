import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { exchange, rawFunction, startSampleGateway } from '../../test/support/gateway/sample-gateway.ts';
import { withCallFaults } from '../faults/call-faults.ts';
import { openGateway } from './gateway.ts';

const head = 'GET / HTTP/1.1\r\nHost: web.localhost\r\n\r\n';
const silent = () => rawFunction(() => {});

describe('a caller of the gateway', () => {
  it('is answered 404 where no function has the host, with those that there are', async () => {
    await using sample = await startSampleGateway({ functionServer: silent() });
    const response = await fetch(sample.gateway.url);
    expect(response.status).toBe(404);
    expect(await response.text()).toBe(
      `router_nomatch: No function is reached at the host "127.0.0.1". Hosts here: web.localhost.\n`,
    );
    expect(sample.linked).toEqual([expect.objectContaining({ ending: 'router_nomatch', containerId: null })]);
  });

  it('is answered 503 and when to come again where no instance becomes free in time', async () => {
    const spec = { instances: 1, limits: { max_queue_time: '2s' } };
    await using sample = await startSampleGateway({ functionServer: silent(), spec });
    const { engine, containerId, clock } = sample;
    await engine.claim({ containerId, token: 'api-token', signal: new AbortController().signal });
    const answer = sample.fetch();
    await sample.event('claim.queued');
    await clock.advance(2_000);
    const response = await answer;
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await response.text()).toMatch(/^destination_unavailable: No instance of web became free within 2 s\./);
  });

  it('is answered 503 with the grace where an instance still stops', async () => {
    const spec = { instances: 1, limits: { max_queue_time: '2s' }, shutdown: { graceful_timeout: '10s' } };
    const functionServer = createServer((_request, response) => response.end('hello'));
    await using sample = await startSampleGateway({ functionServer, spec, ignoresSignals: true });
    expect(await (await sample.fetch()).text()).toBe('hello');
    const answer = sample.fetch();
    await sample.event('claim.queued');
    await sample.clock.advance(2_000);
    const response = await answer;
    await sample.clock.advance(8_000);
    await sample.idle();
    expect([response.status, await response.text()]).toEqual([
      503,
      'destination_unavailable: No instance of web became free within 2 s. 1 of its instances still had to stop, which may take 10 s (graceful_timeout). Let the function end on SIGTERM, lower graceful_timeout, or raise max_pool_size or max_queue_time.\n',
    ]);
  });

  it('is answered 503 while the emulator stops', async () => {
    await using sample = await startSampleGateway({ functionServer: silent() });
    sample.engine.close('the emulator is stopping');
    const response = await sample.fetch();
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await response.text()).toMatch(/the emulator is stopping/);
  });

  it('is answered 400 where it names no host', async () => {
    await using sample = await startSampleGateway({ functionServer: silent() });
    const text = await exchange(sample.gateway.port, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*connection_invalid: The request names no host\./);
  });

  it('is answered 502 where the function answers with what cannot be passed on, and its instance is free again', async () => {
    const answer = 'HTTP/1.1 200 o\u0001k\r\nContent-Length: 0\r\n\r\n';
    const functionServer = rawFunction((socket) => socket.once('data', () => socket.end(answer)));
    await using sample = await startSampleGateway({ functionServer });
    const text = await exchange(sample.gateway.port, head.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    expect(text).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/);
    await sample.idle();
  });

  it('is answered 502 while it still sends to a function that has closed the connection and lives on', async () => {
    const functionServer = rawFunction((socket) => socket.once('data', () => socket.end()));
    await using sample = await startSampleGateway({ functionServer });
    const begun = 'POST / HTTP/1.1\r\nHost: web.localhost\r\nConnection: close\r\nContent-Length: 100\r\n\r\nsome';
    expect(await exchange(sample.gateway.port, begun)).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/);
    expect(sample.linked).toEqual([expect.objectContaining({ status: 502, ending: 'destination_unavailable' })]);
    await sample.idle();
  });

  it('that changed protocols keeps its connection when max_runtime is over, until the function ends it', async () => {
    const upgrade = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n';
    const functionServer = rawFunction((socket) =>
      socket.once('data', () => {
        socket.write(upgrade);
        socket.on('data', (data) => socket.write(data));
      }),
    );
    await using sample = await startSampleGateway({ functionServer, spec: { limits: { max_runtime: '5s' } } });
    const asked = 'GET / HTTP/1.1\r\nHost: web.localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n';
    const caller = connect(sample.gateway.port, '127.0.0.1');
    caller.write(asked);
    const [answer] = await once(caller, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 101 /);
    caller.write('hello');
    expect(String((await once(caller, 'data'))[0])).toBe('hello');
    await sample.clock.advance(5_000);
    await sample.event('container.instance.function.max_runtime');
    caller.write('still here');
    expect(String((await once(caller, 'data'))[0])).toBe('still here');
    caller.destroy();
    await sample.gateway[Symbol.asyncDispose]();
    expect(sample.linked).toEqual([expect.objectContaining({ status: 101, ending: 'no_error' })]);
  });

  it('that changed protocols loses its connection when the gateway closes', async () => {
    const functionServer = rawFunction((socket) =>
      socket.once('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n'),
      ),
    );
    await using sample = await startSampleGateway({ functionServer });
    const caller = connect(sample.gateway.port, '127.0.0.1').on('error', () => {});
    caller.write('GET / HTTP/1.1\r\nHost: web.localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    await once(caller, 'data');
    const closed = once(caller, 'close');
    await sample.gateway[Symbol.asyncDispose]();
    await closed;
    expect(sample.linked).toEqual([expect.objectContaining({ status: 101 })]);
    expect(sample.counts()).toMatchObject({ active: 0 });
  });

  it('that hangs up while its spawn is held up frees its instance at once, and the spawn finds no claim', async () => {
    await using sample = await startSampleGateway({ functionServer: silent() });
    const { clock, engine, faults, options } = sample;
    faults.add({ match: { operation: 'spawn' }, effect: { type: 'delay', ms: 5_000 } });
    await using gateway = await openGateway({ ...options, service: withCallFaults(engine, faults) });
    const caller = connect(gateway.port, '127.0.0.1');
    caller.write(head);
    await sample.event('instance.claimed');
    caller.destroy();
    await expect.poll(() => sample.counts()).toMatchObject({ claimed: 0 });
    await clock.advance(5_000);
    expect(sample.events.map(({ name }) => name)).not.toContain('instance.running');
  });

  it.each([
    [
      'asks for another protocol',
      'GET / HTTP/1.1\r\nHost: web.localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n',
    ],
    ['asks for a tunnel', 'CONNECT a:1 HTTP/1.1\r\nHost: web.localhost\r\n\r\n'],
  ])('that %s behind a request without an answer loses its connection', async (_what, second) => {
    await using sample = await startSampleGateway({ functionServer: silent() });
    expect(await exchange(sample.gateway.port, head + second)).toBe('');
    await sample.idle();
  });

  it.each([
    ['more than its length', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi there and more'],
    ['a chunk that is none', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\nzz\r\n'],
  ])('whose answer has %s gets no second one on its connection', async (_what, answer) => {
    const functionServer = rawFunction((socket) => socket.once('data', () => socket.end(answer)));
    await using sample = await startSampleGateway({ functionServer });
    const text = await exchange(sample.gateway.port, head + head).catch(() => '');
    expect(text.match(/HTTP\/1\.1/g)?.length ?? 0).toBeLessThanOrEqual(1);
    await sample.idle();
  });

  it('is answered 502 with the reason where the container does not start', async () => {
    const environment = { CYCLE_SIMULATED_FAIL_START: 'no such command' };
    await using sample = await startSampleGateway({ functionServer: silent(), spec: { environment } });
    const response = await sample.fetch();
    expect(response.status).toBe(502);
    expect(await response.text()).toMatch(/did not start: .*no such command/);
  });

  it('is answered 502 with the exit code where the function ends before it listens', async () => {
    const environment = { CYCLE_SIMULATED_EXIT_CODE: '3', CYCLE_SIMULATED_EXIT_AFTER_MS: '10' };
    await using sample = await startSampleGateway({ spec: { environment } });
    const answer = sample.fetch();
    await sample.event('instance.running');
    await sample.clock.advance(10);
    const response = await answer;
    expect(response.status).toBe(502);
    expect(await response.text()).toBe(
      'destination_unavailable: The instance of web ended with exit code 3 before it listened on port 8080. The log of the emulator says more.\n',
    );
    await sample.idle();
  });

  it('is answered 502 with the exit code where the function ends before it answers', async () => {
    const environment = { CYCLE_SIMULATED_EXIT_CODE: '4', CYCLE_SIMULATED_EXIT_AFTER_MS: '10' };
    const asked = Promise.withResolvers<void>();
    const functionServer = rawFunction((socket) => socket.once('data', () => asked.resolve()));
    await using sample = await startSampleGateway({ functionServer, spec: { environment } });
    const answer = sample.fetch();
    await asked.promise;
    await sample.clock.advance(10);
    const response = await answer;
    expect([response.status, await response.text()]).toEqual([
      502,
      expect.stringContaining('ended with exit code 4 before it answered'),
    ]);
  });

  it('is answered 502 where the function closes the connection without an answer', async () => {
    const functionServer = rawFunction((socket) => socket.once('data', () => socket.destroy()));
    await using sample = await startSampleGateway({ functionServer });
    const response = await sample.fetch();
    expect(response.status).toBe(502);
    expect(await response.text()).toMatch(/closed the connection before its answer was complete/);
    await sample.idle();
  });

  it('is answered 504 where the function does not listen in time, by the emulator’s clock', async () => {
    await using sample = await startSampleGateway({});
    const answer = sample.fetch();
    await sample.event('instance.running');
    await sample.clock.advance(30_000);
    const response = await answer;
    expect(response.status).toBe(504);
    expect(await response.text()).toMatch(/did not listen on port 8080 within 30 s\. Does it listen on 0\.0\.0\.0/);
    await sample.idle();
  });

  it('is answered 504 where the run is over its time and nothing was sent', async () => {
    const asked = Promise.withResolvers<void>();
    const functionServer = rawFunction((socket) => socket.once('data', () => asked.resolve()));
    const spec = { limits: { max_runtime: '1m' } };
    await using sample = await startSampleGateway({ functionServer, spec });
    const answer = sample.fetch();
    await asked.promise;
    await sample.clock.advance(60_000);
    const response = await answer;
    expect(response.status).toBe(504);
    expect(await response.text()).toMatch(/max_runtime/);
    await sample.idle();
  });

  it.each([
    ['a length', 'Content-Length: 100\r\n\r\nhalf', 'GET / HTTP/1.1'],
    ['chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', 'GET / HTTP/1.1'],
    ['chunks, to an old client', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', 'GET / HTTP/1.0'],
  ])('sees the connection break in the midst of an answer with %s', async (_, answer, line) => {
    const functionServer = rawFunction((socket) =>
      socket.once('data', () =>
        socket.write(`HTTP/1.1 200 OK\r\n${answer}`, () => setImmediate(() => socket.destroy())),
      ),
    );
    await using sample = await startSampleGateway({ functionServer });
    const text = await exchange(sample.gateway.port, head.replace('GET / HTTP/1.1', line));
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
    await sample.idle();
    expect(sample.linked).toEqual([expect.objectContaining({ ending: 'destination_unavailable', status: 200 })]);
  });

  it('gets an answer that comes before all of the body is sent', async () => {
    const functionServer = createServer((_request, response) => {
      response.writeHead(413, { 'Content-Length': 3 });
      response.end('big');
    });
    await using sample = await startSampleGateway({ functionServer });
    const text = await exchange(
      sample.gateway.port,
      `POST / HTTP/1.1\r\nHost: web.localhost\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1_000)}`,
      { until: /big$/ },
    );
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    await sample.idle();
  });
});
