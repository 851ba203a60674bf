import { createServer } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createFakeService, instanceId, network } from '../../test/support/http/fake-service.ts';
import { createTestApp, functionPath, secret, token } from '../../test/support/http/test-app.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { livePath } from './app.ts';
import { type HttpServerOptions, startHttpServer } from './server.ts';

const start = async (options: Partial<HttpServerOptions> = {}) => {
  const server = await startHttpServer({ app: createTestApp(), host: '127.0.0.1', port: 0, ...options });
  onTestFinished(() => server.close());
  return server;
};

const failureOf = async (options: Partial<HttpServerOptions>): Promise<EmulatorError> => {
  const failure = await start(options).catch((error: unknown) => error);
  if (failure instanceof EmulatorError) return failure;
  throw new Error('the server has started');
};

describe('starting', () => {
  test('takes a port of the kernel’s choice and says where it is', async () => {
    const { url, port } = await start();
    expect(url).toBe(`http://127.0.0.1:${port}`);
    expect((await fetch(url + livePath)).status).toBe(200);
  });

  test.each([
    ['0.0.0.0', '127.0.0.1'],
    ['::', '[::1]'],
    ['::1', '[::1]'],
  ])('on %s advertises %s, which can be connected to', async (host, reachable) => {
    const { url, port } = await start({ host });
    expect(url).toBe(`http://${reachable}:${port}`);
    expect((await fetch(url + livePath)).status).toBe(200);
  });

  test('on a port of an emulator names the process and the session', async () => {
    const { port } = await start();
    const { code, message } = await failureOf({ port });
    expect(code).toBe(errorCodes.portUnavailable);
    expect(message).toContain(`Failed to listen on 127.0.0.1 port ${port}: `);
    expect(message).toContain(
      `an emulator has the port (process ${process.pid}, session test-session, started 2025-06-01T12:00:00.000Z)`,
    );
  });

  test('on a port of a foreign server does not call it an emulator', async () => {
    const other = createServer((_request, response) => response.end('hello'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { code, message } = await failureOf({ port });
    expect(code).toBe(errorCodes.portUnavailable);
    expect(message).not.toContain('emulator');
    expect(message).toMatch(/has the port\. Stop that process \(`ss -ltnp` shows it\), or choose another port\.$/);
  });

  test('on an address of another machine says so', async () => {
    const { code, message } = await failureOf({ host: '192.0.2.1' });
    expect(code).toBe(errorCodes.portUnavailable);
    expect(message).toContain('EADDRNOTAVAIL');
  });
});

describe('closing', () => {
  test('does not wait for idle keep-alive connections', async () => {
    const { url, close } = await start({ closeGraceMs: 60_000 });
    // fetch keeps its connection open.
    await (await fetch(url + livePath)).text();
    await close();
  });

  test('does not wait for connections that have said nothing, or not all', async () => {
    const { port, close } = await start({ closeGraceMs: 60_000 });
    const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of sockets) socket.on('error', () => {});
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    sockets[1]?.write('GET / HT');
    await close();
    await Promise.all(closed);
  });

  test('lets an answer in the making go out, then closes its connection', async () => {
    const asked = Promise.withResolvers<void>();
    const granted = Promise.withResolvers<void>();
    const claim = async () => {
      asked.resolve();
      await granted.promise;
      return { ok: true, value: { instanceId, token, network } } as const;
    };
    const { url, close } = await start({ app: createTestApp({ service: createFakeService({ claim }) }) });
    const answer = fetch(url + functionPath('claim'), {
      method: 'POST',
      headers: { 'X-CYCLE-ACCESS-KEY': secret, 'Content-Type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    await asked.promise;
    const closing = close();
    granted.resolve();
    expect((await answer).status).toBe(200);
    expect((await answer).headers.get('connection')).toBe('close');
    await closing;
  });

  test('gives up on answers after the grace', async () => {
    const asked = Promise.withResolvers<void>();
    const claim = () => {
      asked.resolve();
      return new Promise<never>(() => {});
    };
    const app = createTestApp({ service: createFakeService({ claim }) });
    const { url, close } = await start({ app, closeGraceMs: 10 });
    const answer = fetch(url + functionPath('claim'), {
      method: 'POST',
      headers: { 'X-CYCLE-ACCESS-KEY': secret, 'Content-Type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    const failed = expect(answer).rejects.toThrow('fetch failed');
    await asked.promise;
    await close();
    await failed;
  });

  test('happens once, however often it is asked for, and frees the port', async () => {
    const { port, close } = await start();
    await Promise.all([close(), close()]);
    await close();
    await start({ port });
  });
});
