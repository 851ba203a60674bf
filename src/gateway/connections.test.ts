import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { exchange, rawFunction, startSampleGateway } from '../../test/support/gateway/sample-gateway.ts';
import { tunnel } from './pass-bytes.ts';

const host = 'Host: web.localhost\r\n';
const get = (path: string) => `GET ${path} HTTP/1.1\r\n${host}\r\n`;
const ok = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const pathIn = (bytes: Buffer): string => / (\/\S*) HTTP/.exec(bytes.toString('latin1'))?.[1] ?? '';

describe('requests of one connection', () => {
  it('are served one after the other, in their order (RFC 9112, 9.3.2)', async () => {
    const asked: string[] = [];
    const first = Promise.withResolvers<void>();
    const functionServer = rawFunction((socket) =>
      socket.once('data', async (bytes) => {
        const path = pathIn(bytes);
        asked.push(path);
        if (path === '/1') await first.promise;
        socket.end(ok(path));
      }),
    );
    await using sample = await startSampleGateway({ functionServer });
    const caller = exchange(sample.gateway.port, get('/1') + get('/2') + get('/3'), { until: /\/3$/ });
    await sample.event('instance.running');
    for (let times = 0; times < 100; times += 1) await turn();
    expect(asked).toEqual(['/1']);
    expect(sample.counts()).toMatchObject({ active: 1, claimed: 0 });
    first.resolve();
    expect((await caller).match(/\/\d(?=HTTP|$)/g)).toEqual(['/1', '/2', '/3']);
    await sample.idle();
  });

  it('end when their caller hangs up, and claim nothing then', async () => {
    await using sample = await startSampleGateway({ functionServer: rawFunction(() => {}) });
    const caller = connect(sample.gateway.port, '127.0.0.1');
    caller.write(get('/1').repeat(5));
    await sample.event('instance.running');
    caller.destroy();
    await sample.event('instance.ended');
    await sample.idle();
    expect(sample.events.filter(({ name }) => name === 'instance.claimed')).toHaveLength(1);
  });

  it('are not served behind one whose answer ends the connection (RFC 9112, 9.6)', async () => {
    await using sample = await startSampleGateway({ functionServer: rawFunction(() => {}) });
    const ambiguous = `POST / HTTP/1.1\r\n${host}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`;
    const text = await exchange(sample.gateway.port, ambiguous + get('/smuggled'));
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 501']);
    await sample.idle();
    expect(sample.linked.map(({ status }) => status)).toEqual([501]);
    expect(sample.events.map(({ name }) => name)).not.toContain('instance.claimed');
  });

  it('have their own answers before nonsense behind them is refused', async () => {
    const functionServer = rawFunction((socket) =>
      socket.once('data', (bytes) => setImmediate(() => socket.end(ok(pathIn(bytes))))),
    );
    await using sample = await startSampleGateway({ functionServer });
    const text = await exchange(sample.gateway.port, `${get('/1')}${get('/2')}nonsense\r\n\r\n`);
    expect(text.match(/HTTP\/1\.1 \d+|\/\d(?=HTTP)/g)).toEqual([
      ...['HTTP/1.1 200', '/1', 'HTTP/1.1 200', '/2'],
      'HTTP/1.1 501',
    ]);
    await sample.idle();
  });

  it.each(['destroy', 'end'] as const)(
    'with nonsense behind them end when their caller leaves by %s',
    async (leave) => {
      await using sample = await startSampleGateway({ functionServer: rawFunction(() => {}) });
      const caller = connect(sample.gateway.port, '127.0.0.1').on('error', () => {});
      caller.write(get('/1'));
      await sample.event('instance.running');
      await new Promise((resolve) => caller.write('nonsense\r\n\r\n', resolve));
      caller[leave]();
      await sample.event('instance.ended');
      await sample.idle();
    },
  );

  it('are at most 100 without an answer', async () => {
    await using sample = await startSampleGateway({ functionServer: rawFunction(() => {}) });
    expect(await exchange(sample.gateway.port, get('/').repeat(101))).toBe('');
    await sample.idle();
  });
});

it('the headers of a request come to the function before its body (RFC 9110, 10.1.1)', async () => {
  const functionServer = rawFunction((socket) =>
    socket.once('data', () => socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno')),
  );
  await using sample = await startSampleGateway({ functionServer });
  const post = `POST / HTTP/1.1\r\n${host}Content-Length: 5\r\n\r\n`;
  expect(await exchange(sample.gateway.port, post, { until: /no$/ })).toMatch(/^HTTP\/1\.1 401 /);
  await sample.idle();
});

it('headers that stop coming are answered 408 (CVE-2007-6750, Slowloris)', async () => {
  await using sample = await startSampleGateway({ functionServer: rawFunction(() => {}) });
  expect(await exchange(sample.gateway.port, `GET / HTTP/1.1\r\n${host}`)).toMatch(/^HTTP\/1\.1 408 /);
}, 30_000);

it.runIf(process.platform === 'linux')('both connections of a request have TCP keep-alive', async () => {
  const asked = Promise.withResolvers<Socket>();
  const functionServer = rawFunction((socket) => socket.once('data', () => asked.resolve(socket)));
  await using sample = await startSampleGateway({ functionServer });
  const caller = connect(sample.gateway.port, '127.0.0.1');
  caller.write(get('/'));
  const toFunction = await asked.promise;
  expect(timerOf(sample.gateway.port, caller.localPort)).toBe(keepAliveTimer);
  expect(timerOf(toFunction.remotePort, toFunction.localPort)).toBe(keepAliveTimer);
  caller.destroy();
  await sample.idle();
});

/** By the field `tr` of proc_net_tcp(5). */
const keepAliveTimer = '02';

const timerOf = (local = 0, remote = 0): string | undefined => {
  const end = (port: number) => `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return new RegExp(`${end(local)} ${end(remote)} 01 \\S+ (\\d\\d):`).exec(readFileSync('/proc/net/tcp', 'utf8'))?.[1];
};

describe('a connection that changed protocols', () => {
  const upgrade = `GET / HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: echo\r\n\r\n`;
  const changed = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n';

  it('ends for a slow reader with all that the function has sent', async () => {
    const [functionEnd, gatewayEnd] = await pairOfSockets();
    const [caller, callerEnd] = await pairOfSockets();
    const write = callerEnd._write.bind(callerEnd);
    // As where the caller does not read: longer than the last words of one who has nothing to read may take.
    callerEnd._write = (chunk, encoding, done) => void setTimeout(() => write(chunk, encoding, done), 1_500);
    const joined = tunnel(callerEnd, gatewayEnd);
    functionEnd.end('all of it');
    expect(await textOf(caller)).toBe('all of it');
    await joined;
  });

  it('takes no more of a function that does not read, once its caller has gone', async () => {
    const [functionEnd, gatewayEnd] = await pairOfSockets();
    const [caller, callerEnd] = await pairOfSockets();
    // As what watches for an idle connection does.
    gatewayEnd.on('data', () => {});
    const joined = tunnel(callerEnd, gatewayEnd);
    caller.on('error', () => {});
    functionEnd.on('error', () => {});
    for (const socket of [caller, functionEnd]) Readable.from(endless()).pipe(socket);
    await expect.poll(() => gatewayEnd.writableNeedDrain && callerEnd.writableNeedDrain).toBe(true);
    const gone = once(callerEnd, 'close');
    callerEnd.destroy();
    await gone;
    await turn();
    const { bytesRead } = gatewayEnd;
    for (let times = 0; times < 100; times += 1) await turn();
    expect(gatewayEnd.bytesRead - bytesRead).toBeLessThan(1_000_000);
    gatewayEnd.destroy();
    functionEnd.destroy();
    await joined;
  });

  it('ends soon after the function has ended it, also where its caller goes on', async () => {
    const functionServer = rawFunction((socket) => socket.once('data', () => socket.end(`${changed}bye`)));
    await using sample = await startSampleGateway({ functionServer });
    const caller = connect({ port: sample.gateway.port, host: '127.0.0.1', allowHalfOpen: true });
    caller.on('error', () => {}).resume();
    caller.write(upgrade);
    await once(caller, 'end');
    await sample.event('instance.ended');
    await sample.idle();
    caller.destroy();
  });
});

const endless = function* () {
  for (;;) yield Buffer.alloc(100_000);
};

const pairOfSockets = async (): Promise<readonly [near: Socket, far: Socket]> => {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [far] = await once(server, 'connection');
  server.close();
  return [near, far as Socket];
};
