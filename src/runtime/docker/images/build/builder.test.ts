import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { connectDocker } from '../../engine/connection.ts';
import { findBuilder } from './builder.ts';

const buildKit = { 'Builder-Version': '2' };
const classic = { 'Builder-Version': '1' };

test.each<[Readonly<Record<string, string>>, string | undefined, string]>([
  [{}, undefined, 'classic'],
  [classic, '', 'classic'],
  [buildKit, undefined, 'buildkit'],
  [classic, '1', 'buildkit'],
  [buildKit, '0', 'classic'],
  [buildKit, 'false', 'classic'],
  [{ 'Libpod-Api-Version': '5.4.2', 'Builder-Version': '' }, '1', 'podman'],
])('an engine that says %j builds, where DOCKER_BUILDKIT is %j, with %s', async (headers, asked, builder) => {
  await using server = await openEngine(headers);
  using connection = await connectDocker(server.url);
  expect(await findBuilder(connection, asked)).toBe(builder);
});

test('a value of DOCKER_BUILDKIT that says neither yes nor no is refused', async () => {
  await using server = await openEngine(buildKit);
  using connection = await connectDocker(server.url);
  await expect(findBuilder(connection, 'maybe')).rejects.toThrow(
    'Failed to choose a builder: DOCKER_BUILDKIT is "maybe". Set it to 1 or 0, or unset it.',
  );
});

/** Answers a ping with these headers, and nothing else. */
const openEngine = async (headers: Readonly<Record<string, string>>) => {
  const server = createServer((_request, response) => response.writeHead(200, headers).end('OK'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
};
