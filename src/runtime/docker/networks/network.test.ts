import { execFileSync } from 'node:child_process';
import type { NetworkCreateOptions } from 'dockerode';
import { expect, test } from 'vitest';
import { baseImage } from '../../../../scripts/bare-machine/base-image.ts';
import { startOwnDaemon } from '../../../../test/support/own-daemon.ts';
import { startDockerSession } from '../../../../test/support/runtime/docker-session.ts';
import { obedient, sampleContainer, sampleEnvironmentId } from '../../../../test/support/runtime/sample-container.ts';
import { errorCodes } from '../../../shared/errors.ts';
import { deriveObjectId, type EnvironmentId } from '../../../shared/ids.ts';
import { startDockerRuntime } from '../docker-runtime.ts';
import { connectDocker, type DockerConnection } from '../engine/connection.ts';
import type { Session } from '../engine/labels.ts';
import { candidates, hostNumbers, makeNetwork, parseRoutedNumbers } from './network.ts';

test("an environment’s network has the number's subnets and gateways", async () => {
  await using session = await startDockerSession();
  const environmentId = deriveObjectId<EnvironmentId>('environment', 'network');
  const { number, ipv6 } = await session.runtime.prepareNetwork(environmentId, 77);
  const network = await session.connection.docker.getNetwork(`cycle-${session.id}-${environmentId}`).inspect();
  expect(network.Driver).toBe('bridge');
  // Engines write it as it was asked for, or with its zeros together.
  const ipv6Subnet = new RegExp(`^(fd00:0:0:0:${number}::|fd00::${number}:0:0:0)/80$`);
  expect(network.EnableIPv6).toBe(ipv6);
  expect(network.IPAM?.Config).toEqual([
    { Subnet: `10.${number}.0.0/16`, Gateway: `10.${number}.0.1` },
    ...(ipv6 ? [{ Subnet: expect.stringMatching(ipv6Subnet), Gateway: `fd00::${number}:0:0:1` }] : []),
  ]);
});

test('an environment’s network takes the next number where another session has the preferred one', async () => {
  await using one = await startDockerSession();
  await using other = await startDockerSession();
  const environmentId = deriveObjectId<EnvironmentId>('environment', 'network');
  const first = await one.runtime.prepareNetwork(environmentId, 91);
  const second = await other.runtime.prepareNetwork(environmentId, first.number);
  expect(second.number).toBeGreaterThan(first.number);
});

test('simultaneous requests for networks get a number each', async () => {
  await using session = await startDockerSession();
  const environments = Array.from({ length: 4 }, (_, index) => deriveObjectId<EnvironmentId>(`environment ${index}`));
  const made = await Promise.all(environments.map((id) => session.runtime.prepareNetwork(id, 101)));
  expect(new Set(made.map(({ number }) => number)).size).toBe(4);
});

test('an environment’s network lets its containers find this machine under the name of the scheduler', async () => {
  await using session = await startDockerSession();
  const { number, schedulerAddresses } = await session.runtime.prepareNetwork(sampleEnvironmentId, 211);
  expect(schedulerAddresses).toEqual([`10.${number}.0.1`]);
  const command = { path: 'sh', args: ['-c', 'grep env-scheduler /etc/hosts'] };
  const container = await session.runtime.prepare({ ...session.spec(), command });
  const run = await container.start(container.spec.environment);
  await run.exited;
  expect(await session.output(container.dockerId)).toMatch(`10.${number}.0.1\tenv-scheduler`);
});

test('an environment’s network that was removed is made again, once for all containers that start', async () => {
  // Elsewhere another test could take the subnet while the network is away.
  await using daemon = await startOwnDaemon();
  await using runtime = await startDockerRuntime({ session: 'removed', version: '0.0.0-test', docker: daemon.url });
  using connection = await connectDocker(daemon.url);
  const made = await runtime.prepareNetwork(sampleEnvironmentId, 211);
  const containers = await Promise.all(
    [1, 2, 3].map((host) => runtime.prepare(sampleContainer(baseImage, made, { host, command: obedient }))),
  );
  const network = connection.docker.getNetwork(`cycle-removed-${sampleEnvironmentId}`);
  // By its name Podman would not remove it under them.
  const { Id } = await network.inspect();
  await connection.docker.getNetwork(Id).remove();
  await Promise.all(containers.map((container) => container.start({})));
  const { Containers } = await network.inspect();
  expect(Object.values(Containers ?? {}).map(({ IPv4Address }) => IPv4Address.split('/')[0])).toEqual(
    expect.arrayContaining(containers.map(({ spec }) => spec.ipv4)),
  );
});

test('an environment’s network publishes ports also where the daemon routes by default', async () => {
  const known = execFileSync('dockerd', ['--help'], { encoding: 'utf8' }).includes('--default-network-opt ');
  const routed = 'bridge=com.docker.network.bridge.gateway_mode_ipv4=routed';
  // A daemon that does not know the flag has no other default.
  await using daemon = await startOwnDaemon(...(known ? ['--default-network-opt', routed] : []));
  // Its loopback is down as in any new namespace, and ports are published there.
  await daemon.docker(...'run --rm --net host --cap-add NET_ADMIN busybox:1.37 ip link set lo up'.split(' '));
  await using runtime = await startDockerRuntime({ session: 'routed', version: '0.0.0-test', docker: daemon.url });
  const network = await runtime.prepareNetwork(sampleEnvironmentId, 211);
  const container = await runtime.prepare(sampleContainer(baseImage, network, { publishedPorts: [5000] }));
  const run = await container.start({});
  expect(run.publishedPorts).toEqual({ 5000: expect.any(Number) });
});

test('an environment’s network is removed also where foreign containers are on it, which stay', async () => {
  await using session = await startDockerSession();
  await using stranger = await startDockerSession();
  const container = await stranger.runtime.prepare(stranger.spec());
  await container.start(container.spec.environment);
  const network = session.connection.docker.getNetwork(`cycle-${session.id}-${sampleEnvironmentId}`);
  const idle = await stranger.runtime.prepare(stranger.spec({ host: 2 }));
  for (const { dockerId } of [container, idle]) await network.connect({ Container: dockerId });
  await session.runtime[Symbol.asyncDispose]();
  expect(await session.left()).toEqual([]);
  expect((await stranger.inspect(container.dockerId)).State.Running).toBe(true);
  expect((await stranger.inspect(idle.dockerId)).State.Status).toBe('created');
});

test('the search for a subnet tries every number once, the preferred one first', () => {
  expect(candidates(253).slice(0, 4)).toEqual([253, 254, 1, 2]);
  expect(new Set(candidates(20)).size).toBe(254);
});

test("the search for a subnet keeps off this machine's own addresses", () => {
  const addresses = [
    { family: 'IPv4', address: '10.21.0.4' },
    { family: 'IPv4', address: '192.168.0.1' },
    { family: 'IPv6', address: 'fd00::21:0:0:1' },
  ];
  expect([...hostNumbers(addresses)]).toEqual([21]);
});

test("the search for a subnet keeps off what this machine's routes lead to, but for wider ones", () => {
  const table = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'tun0\t0000080A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
    'tun0\t0005090A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
    'tun1\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0',
    'eth1\t0000A8C0\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
    '',
  ].join('\n');
  expect([...parseRoutedNumbers(table)]).toEqual([8, 9]);
});

test('the search for a subnet says so where every subnet is taken', async () => {
  const tried: string[] = [];
  const createNetwork = (options: NetworkCreateOptions) => {
    tried.push(options.IPAM?.Config?.[0]?.Subnet ?? '');
    const overlap = { statusCode: 403, json: { message: 'Pool overlaps with other one on this address space' } };
    return Promise.reject(Object.assign(new Error('overlap'), overlap));
  };
  const connection = { docker: { createNetwork } } as unknown as DockerConnection;
  const owner = { pid: 1, started: '', boot: '', host: '' };
  const session: Session = { id: 'none-left', version: '0.0.0-test', owner, ownerContainer: null, durable: null };
  await expect(makeNetwork({ connection, session, ownContainer: null }, sampleEnvironmentId, 40)).rejects.toMatchObject(
    {
      code: errorCodes.networkUnavailable,
      message: `Failed to make the network of environment ${sampleEnvironmentId}: every subnet from 10.1.0.0/16 to 10.254.0.0/16 overlaps another network or a route of this machine. Remove networks that are no longer used with \`docker network prune\`.`,
    },
  );
  expect(new Set(tried).size).toBeGreaterThan(200);
});

test('a network that cannot be made says why in one line, in the words of the engine', async () => {
  await using session = await startDockerSession();
  await using twin = await startDockerRuntime({ session: session.id, version: '0.0.0-test' });
  await expect(twin.prepareNetwork(sampleEnvironmentId, 92)).rejects.toMatchObject({
    code: errorCodes.networkUnavailable,
    message: expect.stringMatching(
      /^Failed to make the network of environment \S+: network (?:with )?name \S+ already (?:exists|used).*\. Check what/,
    ),
  });
});
