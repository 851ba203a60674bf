import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { rawFunction, startSampleGateway } from '../../test/support/gateway/sample-gateway.ts';

const idleMs = 5_000;

const any = {
  ...{ domains: null, internalPorts: null, path: null, include: null, exclude: null },
  ...{ retries: null, connectMs: null, forward: null },
};

/** A function that gives `first` for a request, and what the test has it send then. */
const start = async (first = '') => {
  const asked = Promise.withResolvers<Socket>();
  const functionServer = rawFunction((socket) =>
    socket.once('data', () => {
      socket.write(first);
      asked.resolve(socket);
    }),
  );
  const controller = { port: 80, idleMs, routers: [any] };
  const sample = await startSampleGateway({
    functionServer,
    change: (stack) => ({ ...stack, controllers: [controller] }),
  });
  return { sample, asked: asked.promise };
};

describe('the idle time-out of the load balancer', () => {
  it.each(['GET', 'POST'])('ends a %s that gets no answer at its time by the clock', async (method) => {
    const { sample, asked } = await start();
    await using _ = sample;
    const body = method === 'POST' ? { body: 'sent' } : {};
    const answer = sample.fetch('/', { method, ...body });
    await asked;
    await sample.clock.advance(idleMs - 1);
    expect(sample.linked).toEqual([]);
    await sample.clock.advance(1);
    const response = await answer;
    expect([response.status, await response.text()]).toEqual([
      504,
      'timeout_idle: No byte came or went for 5 s, the idle time-out.\n',
    ]);
    await sample.idle();
  });

  it('breaks an answer off that stalls, counted from its last piece', async () => {
    const { sample, asked } = await start('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\none');
    await using _ = sample;
    const response = await sample.fetch();
    const reader = response.body?.getReader();
    await reader?.read();
    await sample.clock.advance(3_000);
    (await asked).write('two');
    await reader?.read();
    await sample.clock.advance(idleMs - 1);
    expect(sample.linked).toEqual([]);
    await sample.clock.advance(1);
    await expect(reader?.read()).rejects.toThrow();
    await sample.idle();
    expect(sample.linked).toEqual([expect.objectContaining({ status: 200, ending: 'timeout_idle' })]);
  });

  it('ends a connection that has changed protocols, counted from what its caller sent last', async () => {
    const { sample, asked } = await start(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n',
    );
    await using _ = sample;
    const caller = connect(sample.gateway.port, '127.0.0.1').on('error', () => {});
    caller.write('GET / HTTP/1.1\r\nHost: web.localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    await once(caller, 'data');
    await sample.clock.advance(3_000);
    const arrived = once(await asked, 'data');
    caller.write('sent');
    await arrived;
    const closed = once(caller, 'close');
    await sample.clock.advance(idleMs - 1);
    expect(sample.linked).toEqual([]);
    await sample.clock.advance(1);
    await closed;
    await sample.idle();
    expect(sample.linked).toEqual([expect.objectContaining({ status: 101, ending: 'timeout_idle' })]);
  });
});
