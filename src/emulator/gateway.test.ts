import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createRecordingLogger } from '../../test/support/http/recording-logger.ts';
import { sampleStack } from '../../test/support/sample-stack.ts';
import { hostHeader } from '../gateway/headers.ts';
import { errorCodes } from '../shared/errors.ts';
import type { InstanceId } from '../shared/ids.ts';
import { type ContainerId, deriveObjectId } from '../shared/ids.ts';
import { LinkedClaims } from './core.ts';
import { toGatewayAccess, whyNoGateway } from './gateway.ts';
import { startEmulator } from './start-emulator.ts';

test('an emulator that runs no containers has no gateway, and fetch says so', async () => {
  const stack = sampleStack({ web: { network: { public: 'enable', ports: ['80'] } } });
  await using emulator = await startEmulator({ stack, runtime: 'simulated' });
  expect([emulator.gatewayUrl, emulator.domains]).toEqual([null, []]);
  await expect(emulator.fetch('web')).rejects.toMatchObject({
    code: errorCodes.badOption,
    message: expect.stringMatching(
      /^Failed to fetch "\/" of web: the simulated runtime runs no function, so none is reached over HTTP\./,
    ),
  });
});

test.each([
  ['docker', 'enable', {}, null],
  ['docker', 'disable', {}, 'no function of the stack has a public network with a port'],
  ['simulated', 'enable', {}, 'the simulated runtime runs no function'],
  ['docker', 'enable', { gateway: false }, 'the gateway is turned off'],
])('an emulator says why it has no gateway: %s, %s, %j', (kind, access, options, reason) => {
  const stack = sampleStack({ web: { network: { public: access, ports: ['80'] } } });
  const runtime = { kind } as Parameters<typeof whyNoGateway>[0]['runtime'];
  expect(whyNoGateway({ runtime }, stack, { stack, ...options })).toBe(reason);
});

test('fetch asks the first domain that leads the path to the function, and the port of a name that has one', async () => {
  await using server = createServer(({ headers }, response) => response.end(String(headers[hostHeader])));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const own = {
    identifier: 'web',
    containerId: deriveObjectId<ContainerId>('container', 'web'),
    port: 80,
    routerPaths: null,
  };
  const domains = [
    { ...own, domain: 'shop.test', matchPath: '/a' },
    { ...own, domain: 'web.localhost', matchPath: null },
  ];
  const gateway = { url: `http://127.0.0.1:${port}`, port, domains, [Symbol.asyncDispose]: async () => {} };
  const access = toGatewayAccess(gateway, null, () => ['web', 'bill']);
  const hostOf = async (name: string, path: string) =>
    await (await access.fetch(name, path, { headers: { Connection: 'close' } })).text();
  expect(await hostOf('web', '/b')).toBe(`web.localhost:${port}`);
  expect(await hostOf('web', '/a?b')).toBe(`shop.test:${port}`);
  expect(await hostOf('Shop.test', '/b')).toBe(`shop.test:${port}`);
  expect(await hostOf('shop.test:8443', '/b')).toBe('shop.test:8443');
  await expect(access.fetch('shop')).rejects.toThrow('no such function or domain, but web, shop.test, web.localhost.');
  const reason = 'bill has no public port, and only web, shop.test, web.localhost are reached over HTTP.';
  await expect(access.fetch('bill')).rejects.toThrow(reason);
});

test.each([[{ gatewayPort: 65_536 }], [{ gatewayPort: { preferred: 'any' } }], [{ gateway: 'no' }]])(
  'startEmulator refuses the options %j of the gateway',
  async (options) => {
    const stack = sampleStack({ web: {} });
    const given = { stack, runtime: 'simulated', ...options } as unknown as Parameters<typeof startEmulator>[0];
    await expect(startEmulator(given)).rejects.toMatchObject({ code: errorCodes.badOption });
  },
);

test('a start releases what the gateway of an earlier process had claimed, and nothing else', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-linked-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const options = {
    stack: sampleStack({ web: { instances: 2 } }),
    runtime: 'simulated',
    state: join(folder, 'state'),
  } as const;
  await using first = await startEmulator(options);
  await first.claim('web', { token: `linked-${first.session}` });
  await first.claim('web', { token: 'api-token' });
  expect(first.function('web').counts.claimed).toBe(2);
  await first.stop();
  await using second = await startEmulator(options);
  expect(second.session).toBe(first.session);
  expect(second.function('web').counts).toMatchObject({ claimed: 1, available: 1 });
});

test('each claim of the gateway has a token of its own, and is known by it', () => {
  let holder: string | null = null;
  const linked = new LinkedClaims({ holderOf: () => holder }, 'session');
  const tokens = [linked.newToken(), linked.newToken()];
  expect(new Set(tokens).size).toBe(2);
  const isLinked = [...tokens, 'linked-another-0', null].map((token) => {
    holder = token;
    return linked.has('instance' as InstanceId);
  });
  expect(isLinked).toEqual([true, true, false, false]);
});

test('a reset forgets which instances were the gateway’s', async () => {
  const stack = sampleStack({ web: { instances: 1, limits: { max_pool_size: 2 } } });
  await using emulator = await startEmulator({ stack, runtime: 'simulated' });
  const claimBoth = async (token: string) => {
    await emulator.claim('web', { token: 'api-token' });
    await emulator.claim('web', { token });
  };
  await claimBoth(`linked-${emulator.session}`);
  await emulator.reset();
  const origins: unknown[] = [];
  emulator.events.subscribe((event) => origins.push('origin' in event ? event.origin : null));
  await claimBoth('another-token');
  expect(origins).not.toContain('linked');
});

test('a start whose port is taken names the flag that chooses another, and warns of nothing that it does not serve', async () => {
  const taken = createServer();
  await once(taken.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as AddressInfo;
  const stack = sampleStack({ web: { network: { public: 'enable', ports: ['80'] } } });
  const { lines, logger } = createRecordingLogger();
  const options = { stack, logger, port, gatewayPort: { preferred: port } };
  await expect(startEmulator(options)).rejects.toThrow(/choose another port with --port\.$/);
  await expect(startEmulator({ stack, logger, gatewayPort: port })).rejects.toThrow(
    /another process, perhaps another emulator, has the port.* with --gateway-port\.$/,
  );
  expect(lines).toEqual([]);
});
