import { expect, test } from 'vitest';
import { startBrokenLine } from '../../../../test/support/runtime/broken-line.ts';
import { canBeWarm, type DockerSession, startDockerSession } from '../../../../test/support/runtime/docker-session.ts';
import { obedient, type Sample, sh } from '../../../../test/support/runtime/sample-container.ts';
import type { PreparedContainer, Run, RuntimeEvent } from '../../port.ts';
import { loadEndpoint } from '../engine/endpoint.ts';

const prepareWarm = async (session: DockerSession, sample: Sample = {}): Promise<PreparedContainer> => {
  const container = await session.runtime.prepare(session.spec(sample), { warm: true });
  if (container.readiness === 'cold') await container.warmed;
  expect(container.readiness).toBe('warm');
  return container;
};

const printed = async ({ output }: Run): Promise<string> => {
  const chunks: Uint8Array[] = [];
  for await (const { data } of output) chunks.push(data);
  return Buffer.concat(chunks).toString();
};

/** IDs of the session's sandboxes. */
const sandboxesOf = async (session: DockerSession): Promise<readonly string[]> =>
  (await session.list()).flatMap(({ dockerId, isSandbox }) => (isSandbox ? [dockerId] : []));

const runOnce = async (session: DockerSession, sample: Sample): Promise<string> => {
  const container = await prepareWarm(session, sample);
  const text = await printed(await container.start({}));
  await container.remove();
  return text;
};

/** Prints all that a process can see of its network. */
const lookAround = sh(
  [
    'hostname; cat /etc/hostname /etc/hosts /etc/resolv.conf; ip addr; ip route; ip -6 route',
    'cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/msgmax',
    'env; id; echo $$; mount | grep -v " on / " | sort; nslookup host.docker.internal; nslookup env-scheduler',
  ].join('; '),
);

if (await canBeWarm()) {
  test('a warm container sees what a cold one sees of its network, in its first run and in the next', async () => {
    await using session = await startDockerSession();
    const limits = { sysctls: { 'net.ipv4.ip_unprivileged_port_start': '7', 'kernel.msgmax': '9000' } };
    const sample = { command: lookAround, limits, publishedPorts: [80] };
    const container = await session.runtime.prepare(session.spec(sample));
    // Interfaces are numbered, and folders named after containers.
    const seen = (text: string): string =>
      text
        .replaceAll(/[0-9a-f]{64}/g, 'ID')
        .replaceAll(/eth0@if\d+|^\d+(?=:)|cgroup.*$|qlen \d+|link-netnsid \d+|lowerdir=\S+| tentative/gm, '');
    const cold = seen(await printed(await container.start({})));
    await container.remove();
    expect(cold).toContain('sample-1');
    expect(seen(await runOnce(session, sample))).toBe(cold);
    const [sandbox] = await sandboxesOf(session);
    expect(seen(await runOnce(session, sample))).toBe(cold);
    expect(await sandboxesOf(session)).toEqual([sandbox]);
  });

  test('the published ports of a warm container stay the same from run to run', async () => {
    await using session = await startDockerSession();
    const publishedPortsOf = async (): Promise<Run['publishedPorts']> => {
      const container = await prepareWarm(session, { publishedPorts: [5000] });
      const { publishedPorts } = await container.start({});
      await container.remove();
      return publishedPorts;
    };
    const first = await publishedPortsOf();
    expect(Object.keys(first)).toEqual(['5000']);
    expect(await publishedPortsOf()).toEqual(first);
  });

  test('a sandbox goes with its instance, and with the session', async () => {
    await using session = await startDockerSession();
    const [one] = await Promise.all([1, 2].map((host) => prepareWarm(session, { host })));
    expect(await sandboxesOf(session)).toHaveLength(2);
    expect((await session.left()).filter((name) => name.endsWith('-sandbox'))).toHaveLength(2);
    await one?.remove({ forGood: true });
    expect(await sandboxesOf(session)).toHaveLength(1);
    await session.runtime[Symbol.asyncDispose]();
    expect(await session.left()).toEqual([]);
  });

  test('a container that is started while its sandbox is made joins it, and has its address', async () => {
    await using session = await startDockerSession();
    const { ipv4 } = session.spec();
    const script = { command: sh('ip -4 -o addr show eth0; sleep 1000') };
    const container = await session.runtime.prepare(session.spec(script), { warm: true });
    await expect.poll(() => sandboxesOf(session)).toHaveLength(1);
    const run = await container.start({ A: '1' });
    expect((await session.inspect(run.dockerId)).HostConfig.NetworkMode).toMatch(/^container:/);
    await expect.poll(() => session.output(run.dockerId)).toContain(ipv4);
  });

  test('a container that is started before its turn has its own network, and the next of its instance is warm at once', async () => {
    await using session = await startDockerSession();
    const containers = await Promise.all(
      [1, 2, 3].map((host) => session.runtime.prepare(session.spec({ host, command: sh('exit 0') }), { warm: true })),
    );
    const runs = await Promise.all(containers.map((container) => container.start({})));
    await Promise.all(runs.map(({ exited }) => exited));
    for (const container of containers) await container.remove();
    const cold = containers.find(({ readiness }) => readiness === 'cold');
    if (cold === undefined) throw new Error('all had their turn');
    expect((await session.runtime.prepare(cold.spec, { warm: true })).readiness).toBe('warm');
  });

  test('a warm container is lost with its sandbox, and starts all the same at its address', async () => {
    await using session = await startDockerSession();
    const container = await prepareWarm(session, { command: sh('ip -4 -o addr show eth0') });
    const [sandbox = ''] = await sandboxesOf(session);
    await session.connection.docker.getContainer(sandbox).remove({ force: true });
    expect(await container.lost).toMatch(/removed or ended by hand/);
    expect(await printed(await container.start({}))).toContain(container.spec.ipv4);
    await container.remove();
    expect(await session.list()).toEqual([]);
  });

  test('a container whose sandbox is removed while it is made starts without one, at its address', async () => {
    await using line = await startBrokenLine(loadEndpoint().url);
    await using session = await startDockerSession({ docker: line.url });
    const container = await prepareWarm(session, { command: sh('ip -4 -o addr show eth0') });
    const [sandbox = ''] = await sandboxesOf(session);
    const removed = Promise.withResolvers<void>();
    line.beforeCreate(async () => {
      await session.connection.docker.getContainer(sandbox).remove({ force: true });
      removed.resolve();
    });
    const run = await container.start({ A: '1' });
    await removed.promise;
    expect(await printed(run)).toContain(container.spec.ipv4);
    await container.remove();
    expect(await session.list()).toEqual([]);
  });

  test('a warm container that waits is lost where its sandbox is taken off the network, and the sandbox goes', async () => {
    await using session = await startDockerSession();
    const container = await prepareWarm(session);
    const [sandbox = ''] = await sandboxesOf(session);
    const { NetworkSettings } = await session.inspect(sandbox);
    const [network = ''] = Object.keys(NetworkSettings.Networks);
    await session.connection.docker.getNetwork(network).disconnect({ Container: sandbox, Force: true });
    await container.lost;
    await container.remove();
    await expect.poll(() => sandboxesOf(session)).toEqual([]);
  });

  test('a run whose sandbox is removed ends in an unknown way, and its process is killed', async () => {
    await using session = await startDockerSession();
    const container = await prepareWarm(session, { command: obedient });
    const run = await container.start({});
    const [sandbox = ''] = await sandboxesOf(session);
    await session.connection.docker.getContainer(sandbox).remove({ force: true });
    expect(await run.exited).toEqual({ code: null, outOfMemory: false });
    await expect.poll(async () => (await session.inspect(run.dockerId)).State.Running).toBe(false);
    await container.remove();
    expect(await session.list()).toEqual([]);
  });

  test('a function that may change a network has a fresh sandbox in each run', async () => {
    await using session = await startDockerSession();
    const limits = { capabilities: ['NET_ADMIN'] };
    for (const _run of [1, 2]) {
      const text = await runOnce(session, { command: sh('ip addr add 10.9.8.7/32 dev eth0; ip addr'), limits });
      expect(text.match(/10\.9\.8\.7/g)).toHaveLength(1);
      expect(await sandboxesOf(session)).toEqual([]);
    }
    // What it could change is more than the check can see.
    await runOnce(session, { command: sh('exit 0'), limits });
    expect(await sandboxesOf(session)).toEqual([]);
  });
} else {
  test('a container stays cold on an engine that cannot share networks, with the reason reported once', async () => {
    await using session = await startDockerSession();
    const events: RuntimeEvent[] = [];
    session.runtime.subscribe((event) => events.push(event));
    for (const _generation of [1, 2]) {
      const container = await session.runtime.prepare(session.spec({ command: sh('exit 0') }), {
        warm: true,
        hot: true,
      });
      expect(container.readiness).toBe('hot');
      await container.remove();
    }
    expect(events).toMatchObject([{ type: 'not-warm', reason: expect.stringContaining('host name of its own') }]);
    expect(await session.list()).toEqual([]);
  });
}
