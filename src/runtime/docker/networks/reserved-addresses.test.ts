import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { docker } from '../../../../test/support/docker-cli.ts';
import { makeSampleNetwork } from '../../../../test/support/sample-network.ts';
import { errorCodes } from '../../../shared/errors.ts';
import { deriveObjectId, type EnvironmentId } from '../../../shared/ids.ts';
import { startDockerRuntime } from '../docker-runtime.ts';

const environmentId = deriveObjectId<EnvironmentId>('environment', 'joined');

const startRuntime = async (session = `test-${randomBytes(4).toString('hex')}`, epoch?: number) => {
  const durable = epoch === undefined ? undefined : { stateFile: '/no/such/file', epoch };
  const runtime = await startDockerRuntime({ session, version: '0.0.0-test', durable });
  const join = async (name: string, addresses: number): Promise<readonly string[]> =>
    ((await runtime.prepareNetwork(environmentId, 1, { name, addresses })).joined?.addresses ?? []).map(
      ({ ipv4 }) => ipv4,
    );
  return { id: session, runtime, join, [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose]() };
};

test('reserved addresses differ between two sessions that ask at the same time', async () => {
  await using network = await makeSampleNetwork();
  await using sessions = new AsyncDisposableStack();
  const started = await Promise.all(Array.from({ length: 5 }, () => startRuntime()));
  for (const session of started) sessions.use(session);
  const joined = (await Promise.all(started.map(({ join }) => join(network.name, 20)))).flat();
  expect(new Set(joined).size).toBe(100);
});

test('reserved addresses keep off those of others, and off the range that the engine gives away by itself', async () => {
  await using network = await makeSampleNetwork((prefix) => ['--ip-range', `${prefix}.128/25`]);
  await network.run('sleep 1000', '--ip', `${network.prefix}.126`);
  const waiting = await docker(
    ...['create', '--network', network.name, '--ip', `${network.prefix}.125`, 'busybox:1.37', 'true'],
  );
  await using _waiting = { [Symbol.asyncDispose]: async () => void (await docker('rm', waiting)) };
  await using session = await startRuntime();
  const hosts = (await session.join(network.name, 3)).map((address) => Number(address.split('.')[3]));
  // Podman does not show the range; there the end of the subnet is as good.
  expect([
    [127, 124, 123],
    [254, 253, 252],
  ]).toContainEqual(hosts);
});

test('reserved addresses stay the same after a restart, with more where the stack has grown', async () => {
  await using network = await makeSampleNetwork();
  const id = `test-${randomBytes(4).toString('hex')}`;
  // Killed, as it were: disposal would remove what it has set aside.
  const before = await startRuntime(id, 1);
  const first = await before.join(network.name, 3);
  await using other = await startRuntime();
  await other.join(network.name, 3);
  await using later = await startRuntime(id, 2);
  later.runtime.confirmResume();
  const grown = await later.join(network.name, 5);
  await before[Symbol.asyncDispose]();
  expect(grown.slice(0, 3)).toEqual(first);
  expect(new Set(grown).size).toBe(5);
});

test('a network whose subnet the engine chose is refused as the engine does, with the one to make instead', async () => {
  const name = `cycle-trial-${randomBytes(4).toString('hex')}`;
  await docker('network', 'create', name);
  onTestFinished(async () => void (await docker('network', 'rm', name)));
  await using joining = await startRuntime();
  const [address = ''] = await joining.join(name, 1);
  const gives = await docker('run', '--rm', '--network', name, '--ip', address, 'busybox:1.37', 'true').then(
    () => true,
    () => false,
  );
  const image = { type: 'registry', reference: 'busybox:1.37', credentials: null } as const;
  const tried = joining.runtime.prepareImage(image, 'never', () => {});
  if (gives) await tried;
  else {
    await expect(tried).rejects.toMatchObject({
      code: errorCodes.networkUnavailable,
      message: expect.stringMatching(
        `^Failed to join the network ${name}: .* only on networks that were made with a subnet\\. Remove it, then make it with \`docker network create --subnet \\S+ ${name}\`; in Compose`,
      ),
    });
  }
  expect(await docker('ps', '--all', '--quiet', '--filter', `label=io.cycle.emulator.session=${joining.id}`)).toBe('');
});
