import { createServer, type RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { exchange, rawFunction, startSampleGateway } from '../../test/support/gateway/sample-gateway.ts';
import type { Fault } from '../stack/model.ts';

const start = async (fault: Fault, serve: RequestListener = (_request, response) => response.end('whole')) => {
  let requests = 0;
  const functionServer = createServer(serve).on('request', () => {
    requests += 1;
  });
  const sample = await startSampleGateway({ functionServer });
  sample.faults.add({ id: 'x', ...fault });
  return { sample, requestCount: () => requests };
};

const head = 'GET / HTTP/1.1\r\nHost: web.localhost\r\nConnection: close\r\n\r\n';

describe('a fault on the gateway', () => {
  it.each(['reach', 'pass-on'] as const)('delays the step %s on the clock', async (operation) => {
    const { sample, requestCount } = await start({ match: { operation }, effect: { type: 'delay', ms: 60_000 } });
    await using _ = sample;
    const answer = sample.fetch();
    await sample.event('instance.running');
    await sample.clock.advance(59_999);
    expect(requestCount()).toBe(0);
    await sample.clock.advance(1);
    expect(await (await answer).text()).toBe('whole');
    await sample.idle();
  });

  it.each(['reach', 'pass-on'] as const)(
    'frees the instance of a caller that leaves while %s waits',
    async (operation) => {
      const { sample, requestCount } = await start({ match: { operation }, effect: { type: 'delay', ms: 60_000 } });
      await using _ = sample;
      const left = new AbortController();
      const answer = sample.fetch('/', { signal: left.signal });
      await sample.event('instance.running');
      left.abort();
      await expect(answer).rejects.toThrow('aborted');
      await sample.idle();
      expect(requestCount()).toBe(0);
    },
  );

  it.each([
    ['reach', 'Failed to reach'],
    ['pass-on', 'Failed to pass on'],
  ] as const)('answers in the place of the function at %s', async (operation, attempt) => {
    const { sample, requestCount } = await start({
      match: { operation },
      effect: { type: 'error', code: '503.not-ready', status: 500 },
    });
    await using _ = sample;
    const response = await sample.fetch();
    expect([response.status, await response.text()]).toEqual([
      500,
      `destination_unavailable: ${attempt}: fault "x" answers 503.not-ready in the function's place, which has done nothing. Remove the fault to go on.\n`,
    ]);
    await sample.idle();
    expect(requestCount()).toBe(0);
  });

  it.each([
    ['reach', 'before', 0],
    ['reach', 'after', 0],
    ['pass-on', 'before', 0],
    ['pass-on', 'after', 1],
  ] as const)('resets the connection at %s, %s it', async (operation, when, count) => {
    const { sample, requestCount } = await start({ match: { operation }, effect: { type: 'reset', when } });
    await using _ = sample;
    expect(await exchange(sample.gateway.port, head)).toBe('');
    await sample.idle();
    expect(requestCount()).toBe(count);
    expect(sample.linked).toEqual([
      expect.objectContaining({
        status: null,
        ending: 'destination_unavailable',
        reason: expect.stringMatching(/"x"/),
      }),
    ]);
  });

  it.each([
    ['a length', { 'Content-Length': '300000' }],
    ['chunks', {}],
  ])('breaks an answer with %s off after so many bytes of its body', async (_what, headers) => {
    const { sample } = await start({ effect: { type: 'breakOff', bytes: 200_001 } }, (_request, response) => {
      response.writeHead(200, headers);
      for (let part = 0; part < 3; part += 1) response.write('y'.repeat(100_000));
      response.end();
    });
    await using _ = sample;
    const response = await sample.fetch();
    let body = '';
    const read = async () => {
      for await (const part of response.body ?? []) body += new TextDecoder().decode(part);
    };
    await expect(read()).rejects.toThrow();
    expect(body).toHaveLength(200_001);
    await sample.idle();
    expect(sample.linked).toEqual([expect.objectContaining({ status: 200, ending: 'destination_unavailable' })]);
  });

  it.each(
    (['1.1', '1.0'] as const).flatMap((version) =>
      [
        ['a length', 'Content-Length: 5\r\n\r\nwhole'],
        ['chunks', 'Transfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n0\r\n\r\n'],
        ['no end but the connection’s', '\r\nwhole'],
      ].flatMap(([framing = '', answer = '']) =>
        ['keep-alive', 'close'].map((connection) => [framing, version, connection, answer] as const),
      ),
    ),
  )(
    'breaks a short answer with %s off, that comes at once, to HTTP/%s with Connection: %s',
    async (_framing, version, connection, answer) => {
      const functionServer = rawFunction((socket) =>
        socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\n${answer}`)),
      );
      await using sample = await startSampleGateway({ functionServer });
      sample.faults.add({ id: 'x', match: { operation: 'pass-on' }, effect: { type: 'breakOff', bytes: 2 } });
      const text = await exchange(
        sample.gateway.port,
        head.replace('HTTP/1.1', `HTTP/${version}`).replace('close', connection),
      );
      expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n(2\r\n)?wh(\r\n)?$/);
      await sample.idle();
      expect(sample.linked).toEqual([
        expect.objectContaining({
          status: 200,
          ending: 'destination_unavailable',
          reason: expect.stringMatching(/"x"/),
        }),
      ]);
    },
  );

  it('leaves an answer whole that is shorter than the bytes after which it breaks off', async () => {
    const { sample } = await start({ effect: { type: 'breakOff', bytes: 6 } });
    await using _ = sample;
    expect(await (await sample.fetch()).text()).toBe('whole');
  });

  it.each([
    ['with what the function sends later', '', { until: /\r\n\r\n/, behind: 'echoed' }],
    ['with what comes beside the answer', 'echoed', {}],
  ])('breaks a connection off that has changed protocols, %s', async (_what, beside, sent) => {
    const functionServer = rawFunction((socket) =>
      socket.once('data', () => {
        socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n${beside}`);
        socket.pipe(socket);
      }),
    );
    await using sample = await startSampleGateway({ functionServer });
    sample.faults.add({ id: 'x', match: { operation: 'pass-on' }, effect: { type: 'breakOff', bytes: 4 } });
    const upgrade = head.replace('close', 'Upgrade\r\nUpgrade: echo');
    expect(await exchange(sample.gateway.port, upgrade, sent)).toMatch(/\r\n\r\nechoed$/);
    await sample.idle();
    expect(sample.linked).toEqual([
      expect.objectContaining({ status: 101, ending: 'destination_unavailable', reason: expect.stringMatching(/"x"/) }),
    ]);
  });
});
