import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { connectDocker } from '../engine/connection.ts';
import { parseSession, toSessionLabels } from '../engine/labels.ts';
import { identifyThisProcess } from './owner.ts';
import { type Resource, tryRemoveResources } from './session-resources.ts';

const session = parseSession(
  toSessionLabels({ id: 's', version: '0', owner: identifyThisProcess(), ownerContainer: null, durable: null }),
);

test('resources that others remove at the same moment count as removed, and those that stay do not', async () => {
  if (session === null) throw new Error('the labels are not read');
  // As Podman answers where another removal was faster.
  await using server = createServer((request, response) => {
    if (request.url === '/_ping') response.end('OK');
    else if (request.method === 'DELETE') response.writeHead(500).end('{"message":"removing it failed"}');
    else response.writeHead(request.url?.includes('stays') ? 200 : 404).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  using connection = await connectDocker(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const resources = (['container', 'network', 'volume'] as const).flatMap((kind): readonly Resource[] =>
    ['stays', 'goes'].map((name) => ({ kind, dockerId: name, name, session, kept: false })),
  );
  const failures = await tryRemoveResources(connection, resources);
  expect(failures.map(({ resource }) => [resource.kind, resource.name])).toEqual([
    ['container', 'stays'],
    ['network', 'stays'],
    ['volume', 'stays'],
  ]);
});
