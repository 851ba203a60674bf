import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { connectDocker } from './connection.ts';
import { inspectContainer } from './container-api.ts';

test('a container that Docker cannot inspect while removing it counts as gone; one that it can never inspect is an error', async () => {
  // As Podman answers: first that its database misses the container, then that there is none.
  const asked: string[] = [];
  await using server = createServer((request, response) => {
    const url = request.url ?? '';
    if (url === '/_ping') return response.end('OK');
    asked.push(url);
    const isKnown = url.includes('broken') || asked.filter((other) => other === url).length === 1;
    return response.writeHead(isKnown ? 500 : 404).end('{"message":"no container found in database"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  using connection = await connectDocker(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
  expect(await inspectContainer(connection, 'going')).toBeNull();
  await expect(inspectContainer(connection, 'broken')).rejects.toThrow('no container found in database');
  expect(asked).toHaveLength(4);
});
