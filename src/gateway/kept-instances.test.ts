import { createServer } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { exchange, rawFunction, startSampleGateway } from '../../test/support/gateway/sample-gateway.ts';

const policies = { instancePer: 'connection' } as const;
const hello = () => createServer((request, response) => request.resume().on('end', () => response.end('hello')));
const head = 'GET / HTTP/1.1\r\nHost: web.localhost\r\n\r\n';

/** A caller that keeps its connection. */
const callOver = (port: number) => {
  const socket = new Socket().connect(port, '127.0.0.1').on('error', () => {});
  const answers: string[] = [];
  socket.on('data', (data) => answers.push(data.toString('latin1')));
  return {
    /** Sends a request and resolves with the status of its answer. */
    ask: async (): Promise<number> => {
      answers.length = 0;
      socket.write(head);
      await expect.poll(() => answers.join('')).toMatch(/\r\n\r\n./);
      return Number(answers.join('').slice(9, 12));
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
};

describe('a connection that has an instance for itself', () => {
  it('has it for all its requests, and releases it when it ends', async () => {
    await using sample = await startSampleGateway({ functionServer: hello(), policies });
    {
      using one = callOver(sample.gateway.port);
      using other = callOver(sample.gateway.port);
      expect([await one.ask(), await one.ask(), await other.ask(), await one.ask()]).toEqual([200, 200, 200, 200]);
      const [first, second, third, fourth] = sample.linked.map(({ instanceId }) => instanceId);
      expect([second, fourth]).toEqual([first, first]);
      expect(third).not.toBe(first);
      expect(sample.counts()).toMatchObject({ active: 2 });
    }
    await sample.idle();
  });

  it('has it serve a request that is sent before the answer to the one before', async () => {
    await using sample = await startSampleGateway({ functionServer: hello(), policies });
    const text = await exchange(
      sample.gateway.port,
      head + head + head.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'),
    );
    expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
    expect(new Set(sample.linked.map(({ instanceId }) => instanceId)).size).toBe(1);
    await sample.idle();
  });

  it('gets another one where its run has ended between two requests', async () => {
    const environment = { CYCLE_SIMULATED_EXIT_CODE: '0', CYCLE_SIMULATED_EXIT_AFTER_MS: '10' };
    // Else the instance of the run is warm, and the first to be claimed.
    const spec = { environment, warm: 0 };
    await using sample = await startSampleGateway({ functionServer: hello(), spec, policies });
    using caller = callOver(sample.gateway.port);
    expect(await caller.ask()).toBe(200);
    await sample.clock.advance(10);
    await sample.event('instance.ended');
    expect(await caller.ask()).toBe(200);
    expect(new Set(sample.linked.map(({ instanceId }) => instanceId)).size).toBe(2);
  });

  it('releases it after a request that failed', async () => {
    let requests = 0;
    const functionServer = rawFunction((socket) =>
      socket.once('data', () => {
        requests += 1;
        socket.end(requests === 2 ? 'no HTTP' : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi');
      }),
    );
    await using sample = await startSampleGateway({ functionServer, policies });
    using caller = callOver(sample.gateway.port);
    expect(await caller.ask()).toBe(200);
    expect(await caller.ask()).toBe(502);
    await sample.idle();
  });

  it('releases it when the gateway closes', async () => {
    await using sample = await startSampleGateway({ functionServer: hello(), policies });
    using caller = callOver(sample.gateway.port);
    expect(await caller.ask()).toBe(200);
    expect(sample.counts()).toMatchObject({ active: 1 });
    await sample.gateway[Symbol.asyncDispose]();
    expect(sample.counts()).toMatchObject({ active: 0, claimed: 0 });
  });
});
