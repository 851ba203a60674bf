import { expect, test } from 'vitest';
import { type DockerSession, startDockerSession } from '../../../../test/support/runtime/docker-session.ts';
import { obedient, type Sample, sh } from '../../../../test/support/runtime/sample-container.ts';
import type { ContainerSpec, PreparedContainer, Run, RuntimeEvent } from '../../port.ts';
import { attach } from '../engine/container-api.ts';

/** Starts a container, waits for its end, and answers its output, as the port has it. */
const outputOf = async (container: PreparedContainer, environment: ContainerSpec['environment']): Promise<string> => {
  const output = await printed(await container.start(environment));
  await container.remove();
  return output;
};

const printed = async ({ output }: Run): Promise<string> => {
  const chunks: Uint8Array[] = [];
  for await (const { data } of output) chunks.push(data);
  return Buffer.concat(chunks).toString();
};

const hotContainer = async (session: DockerSession, sample: Sample = {}): Promise<PreparedContainer> => {
  const container = await session.runtime.prepare(session.spec(sample), { hot: true });
  expect(container.readiness).toBe('hot');
  return container;
};

const eventsOf = (session: DockerSession): readonly RuntimeEvent[] => {
  const events: RuntimeEvent[] = [];
  session.runtime.subscribe((event) => events.push(event));
  return events;
};

/** Prints all that a process can see of how it was started; of the mounts all but the launcher's own. */
const lookAround = sh(
  [
    "tr '\\n' ' ' </proc/1/environ | tr '\\0' '\\n' | sort",
    'echo $$ $PWD; tr "\\0" "|" </proc/1/cmdline; echo',
    'readlink /proc/1/fd/0; grep flags /proc/1/fdinfo/0; for fd in 3 4 5 6; do [ -e /proc/1/fd/$fd ] && echo fd $fd; done',
    "grep -E '^(Uid|Gid|Groups|Sig[PBIC]|Cap|NoNew|Seccomp|Umask)' /proc/1/status; ulimit -a",
    "cut -d ' ' -f 4-6 /proc/self/mountinfo | grep -v cycle-gate | sort; hostname; cat </dev/stdin",
  ].join('; '),
);

test('a hot container sees what a cold one sees: variables, process, limits, mounts, no stdin', async () => {
  await using session = await startDockerSession();
  const sample: Sample = {
    command: lookAround,
    workdir: '/var/log',
    environment: { KEPT: 'yes', CHANGED: 'before' },
    limits: { readOnlyRoot: true, capabilities: ['NET_ADMIN'], rlimits: { nofile: { soft: 123, hard: 456 } } },
  };
  const environment = { KEPT: 'yes', CHANGED: 'after', LINES: 'one\ntwo\n', EMPTY: '', 'my.prop': 'a=b', U: '🐎' };
  const cold = await outputOf(await session.runtime.prepare(session.spec(sample)), environment);
  const hot = await outputOf(await hotContainer(session, sample), environment);
  expect(cold).toContain('CHANGED=after');
  const withoutIds = (text: string) => text.replaceAll(/[0-9a-f]{64}/g, 'ID');
  expect(withoutIds(hot)).toBe(withoutIds(cold));
});

test('a hot container says why it cannot start in the words of a cold one, before it counts as started', async () => {
  await using session = await startDockerSession();
  const commands = [
    { path: 'nope', args: [] },
    { path: '/no/such', args: [] },
    { path: '/etc/passwd', args: [] },
  ];
  for (const command of commands) {
    const failureOf = async (container: PreparedContainer) => {
      const failure = await container.start({}).catch(({ message }: Error) => message);
      await container.remove();
      return failure;
    };
    const cold = await failureOf(await session.runtime.prepare(session.spec({ command })));
    expect(cold).toMatch(/^Failed to start container sample-1: exec: /);
    // Newer engines look at the command before the kernel does, and say what it is.
    const asKernel = String(cold).replace(/is a directory: (unknown: )?/, '');
    expect(await failureOf(await hotContainer(session, { command }))).toBe(asKernel);
  }
});

test('a hot container ends as a cold one does where the kernel cannot execute the command', async () => {
  await using session = await startDockerSession();
  // Variables that are too large are found out as late as a missing interpreter.
  const environment = { LARGE: 'x'.repeat(128 * 1024) };
  const endOf = async (container: PreparedContainer) => {
    const run = await container.start(environment);
    const end = { ...(await run.exited), said: await printed(run) };
    await container.remove();
    return end;
  };
  const cold = await endOf(await session.runtime.prepare(session.spec()));
  // runc's code was 1, and is 255 since 1.2.
  expect([1, 255]).toContain(cold.code);
  expect(await endOf(await hotContainer(session))).toEqual({ ...cold, code: 1 });
});

test('a hot container prints what a cold one prints, without the launcher’s greeting, which its log keeps on stderr', async () => {
  await using session = await startDockerSession();
  const container = await hotContainer(session, {
    command: sh('echo out; echo err >&2; echo cycle-gate: starting >&2'),
  });
  const run = await container.start({});
  const said = { stdout: '', stderr: '' };
  for await (const { stream, data } of run.output) said[stream] += Buffer.from(data).toString();
  expect(said).toEqual({ stdout: 'out\n', stderr: 'err\ncycle-gate: starting\n' });
  expect(await session.output(run.dockerId)).toContain('cycle-gate: starting\n');
});

test('a hot container is a cold start where the launcher has gone, and where variables are to be taken away', async () => {
  await using session = await startDockerSession();
  const command = sh('echo $A');
  const killed = await hotContainer(session, { command });
  await session.connection.docker.getContainer(killed.dockerId).kill();
  expect(await outputOf(killed, { A: 'killed' })).toBe('killed\n');
  // Podman stops a container, as it says, before it removes it by force.
  const removed = await hotContainer(session, { command, stop: { signals: [], graceMs: 0 } });
  await session.connection.docker.getContainer(removed.dockerId).remove({ force: true });
  expect(await outputOf(removed, { A: 'removed' })).toBe('removed\n');
  const poorer = await hotContainer(session, { command, environment: { A: 'taken away' } });
  expect(await outputOf(poorer, {})).toBe('\n');
});

test('a hot container publishes ports that are known before it starts', async () => {
  await using session = await startDockerSession();
  const container = await hotContainer(session, { publishedPorts: [5000] });
  const { NetworkSettings } = await session.inspect(container.dockerId);
  const run = await container.start({});
  expect(NetworkSettings.Ports['5000/tcp']).toEqual([
    { HostIp: '127.0.0.1', HostPort: String(run.publishedPorts[5000]) },
  ]);
});

test('a container is cold, with the reason logged once, where a hot one cannot be made', async () => {
  await using session = await startDockerSession();
  const events = eventsOf(session);
  // Something else has the name of the volume, and cannot be mounted.
  const taken = `cycle-${session.id}-gate`;
  const DriverOpts = { type: 'none', o: 'bind', device: '/no/such/folder' };
  await session.connection.docker.createVolume({ Name: taken, DriverOpts });
  for (const host of [1, 2]) {
    const container = await session.runtime.prepare(session.spec({ host, command: sh('echo ran') }), { hot: true });
    expect(container.readiness).toBe('cold');
    expect(await outputOf(container, {})).toBe('ran\n');
  }
  const { functionId } = session.spec();
  expect(events).toEqual([{ type: 'not-hot', functionId, reason: expect.stringMatching(/^Failed to make /) }]);
  await session.connection.docker.getVolume(taken).remove();
});

test('a hot container fails to be made as a cold one does, and is tried hot again', async () => {
  await using session = await startDockerSession();
  const events = eventsOf(session);
  const refused = session.spec({ limits: { capabilities: ['NO'] } });
  await expect(session.runtime.prepare(refused, { hot: true })).rejects.toThrow(/unknown capability/);
  await hotContainer(session);
  expect(events).toEqual([]);
});

test('a container is tried hot again after a failure where hot ones could be made before', async () => {
  await using session = await startDockerSession();
  const events = eventsOf(session);
  await hotContainer(session, { host: 1 });
  const atTheSameAddress = session.runtime.prepare(session.spec({ host: 1 }), { hot: true });
  await expect(atTheSameAddress).rejects.toThrow(/address already in use|address \S+ is already allocated/i);
  await hotContainer(session, { host: 2 });
  expect(events).toEqual([]);
});

test('a container is cold, with the reason logged once, where its launchers keep ending before a spawn', async () => {
  await using session = await startDockerSession();
  const events = eventsOf(session);
  const made: boolean[] = [];
  for (let generation = 1; generation <= 5; generation += 1) {
    const container = await session.runtime.prepare(session.spec({ command: obedient }), { hot: true });
    made.push(container.readiness === 'hot');
    if (container.readiness === 'hot') {
      const socket = await attach(session.connection, container.dockerId, { stdin: true });
      socket.write('this is no block of a launcher');
      await container.lost;
      socket.destroy();
    }
    await container.remove();
  }
  expect(made).toEqual([true, true, true, false, false]);
  const { functionId } = session.spec();
  const reason = 'the launcher has ended by itself 3 times in a row, before a spawn (exit code 125)';
  expect(events).toEqual([{ type: 'not-hot', functionId, reason }]);
});

test('a hot container waits without output, and leaves nothing behind, used or not', async () => {
  const session = await startDockerSession();
  const containers = await Promise.all([1, 2, 3].map((host) => hotContainer(session, { host, command: obedient })));
  expect(await session.output(containers[0]?.dockerId ?? '')).toBe('');
  await Promise.all(containers.slice(1).map((container) => container.start({})));
  await session.runtime[Symbol.asyncDispose]();
  expect(await session.left()).toEqual([]);
  session.connection[Symbol.dispose]();
});
