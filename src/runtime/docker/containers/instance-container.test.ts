import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type DockerSession, startDockerSession } from '../../../../test/support/runtime/docker-session.ts';
import { obedient, type Sample, sh } from '../../../../test/support/runtime/sample-container.ts';
import { createMovableClock } from '../../../shared/clock.ts';
import { errorCodes } from '../../../shared/errors.ts';
import type { ContainerSpec, Run } from '../../port.ts';

const outputOf = async (session: DockerSession, sample: Sample, environment?: ContainerSpec['environment']) => {
  const container = await session.runtime.prepare(session.spec(sample));
  const run = await container.start(environment ?? container.spec.environment);
  await run.exited;
  const output = await session.output(run.dockerId);
  await container.remove();
  return output;
};

test('a started container has the addresses and the hostname it was given, also when other variables replaced it', async () => {
  await using session = await startDockerSession();
  const sample = { command: sh('hostname; ip addr show dev eth0'), hostname: 'fixed-name' };
  const { ipv4, ipv6, macAddress } = session.spec(sample);
  for (const environment of [{}, { OTHER: 'variables' }]) {
    const output = await outputOf(session, sample, environment);
    expect(output).toMatch(/^fixed-name\n/);
    expect(output).toContain(`inet ${ipv4}/16`);
    expect(output).toContain(`link/ether ${macAddress}`);
    if (ipv6) expect(output).toContain(`inet6 ${ipv6}/80`);
  }
});

test('a started container reaches its gateway and a neighbour by address', async () => {
  await using session = await startDockerSession();
  const neighbour = await session.runtime.prepare(session.spec({ host: 2 }));
  await neighbour.start({});
  const gateway = neighbour.spec.ipv4.replace(/\.\d+\.\d+$/, '.0.1');
  const pings = [gateway, neighbour.spec.ipv4].map((address) => `ping -c 1 -W 5 ${address} >/dev/null && echo yes`);
  // Podman grants it to none that does not ask.
  const limits = { capabilities: ['NET_RAW'] };
  expect(await outputOf(session, { command: sh(pings.join('; ')), limits })).toBe('yes\nyes\n');
});

test('a started container gets variables as large as a request may have them', async () => {
  await using session = await startDockerSession();
  // Half a megabyte, of which each character would take six in the address of a request.
  const variables = Object.fromEntries(['A', 'B', 'C', 'D'].map((name) => [name, '"'.repeat(125_000)]));
  const output = await outputOf(session, { command: sh('printf %s "$A$B$C$D" | wc -c') }, variables);
  expect(output).toBe('500000\n');
});

test('a started container gets variables byte for byte over those of the image', async () => {
  await using session = await startDockerSession();
  const variables = {
    LINES_: 'one\ntwo\n\nfour\n',
    QUOTES: `"double" 'single' \`back\``,
    DOLLARS: '$HOME $(PATH) $$ \\n',
    UNICODE: 'für 日本 🚀 \u0007',
    EMPTY: '',
    EQUALS: 'a=b=c',
    'dotted.name-1': 'kept',
    BLANKS: '  \t both ends  ',
    PATH: '/bin:/from/the/spec',
  };
  const command = { path: '/bin/cat', args: ['/proc/self/environ'] };
  const output = await outputOf(session, { command }, variables);
  const seen = Object.fromEntries(
    output
      .split('\0')
      .filter(Boolean)
      .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
  expect(seen).toMatchObject(variables);
});

test('a started container is the prepared one where the variables are the prepared ones', async () => {
  await using session = await startDockerSession();
  const container = await session.runtime.prepare(session.spec({ environment: { A: '1', B: '2' } }));
  const prepared = container.dockerId;
  const run = await container.start({ B: '2', A: '1' });
  expect(run.dockerId).toBe(prepared);
});

test('a started container is another one where the variables differ, and the prepared one goes', async () => {
  await using session = await startDockerSession();
  const container = await session.runtime.prepare(session.spec({ environment: { A: '1' } }));
  const prepared = container.dockerId;
  const run = await container.start({ A: '1', B: '2' });
  expect(run.dockerId).not.toBe(prepared);
  await expect
    .poll(() => session.list())
    .toEqual([{ dockerId: run.dockerId, instanceId: container.spec.instanceId, state: 'running', isSandbox: false }]);
  await container.remove();
  await expect(session.inspect(prepared)).rejects.toMatchObject({ statusCode: 404 });
  await expect(session.inspect(run.dockerId)).rejects.toMatchObject({ statusCode: 404 });
});

test('a started container starts from the clean filesystem of the image in every run', async () => {
  await using session = await startDockerSession();
  const command = sh('ls /tmp; echo left >/tmp/file; ls /tmp');
  expect(await outputOf(session, { command })).toBe('file\n');
  expect(await outputOf(session, { command })).toBe('file\n');
});

test('a started container runs the command with its arguments as they are, in the working directory', async () => {
  await using session = await startDockerSession();
  const command = {
    path: '/bin/sh',
    args: ['-c', 'pwd; for word; do echo "<$word>"; done', 'sh', 'two words', '$HOME', ''],
  };
  expect(await outputOf(session, { command, workdir: '/var/log' })).toBe('/var/log\n<two words>\n<$HOME>\n<>\n');
});

test("a container without a path in its command replaces the image's arguments alone", async () => {
  await using session = await startDockerSession();
  expect(await outputOf(session, { command: { path: null, args: ['echo', 'said'] } })).toBe('said\n');
});

test('a started container has its limits', async () => {
  await using session = await startDockerSession();
  const mebibyte = 1024 ** 2;
  const container = await session.runtime.prepare(
    session.spec({
      command: sh(
        'exec 2>&1; cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null; ulimit -n; cat /proc/sys/net/core/somaxconn; touch /x',
      ),
      limits: {
        cpus: 0.5,
        cpuShares: 512,
        memoryBytes: 64 * mebibyte,
        memoryReservationBytes: 32 * mebibyte,
        sharedMemoryBytes: 16 * mebibyte,
        processes: 321,
        sysctls: { 'net.core.somaxconn': '321' },
        rlimits: { RLIMIT_NOFILE: { soft: 123, hard: 456 } },
        capabilities: ['NET_ADMIN'],
        readOnlyRoot: true,
      },
    }),
  );
  const { HostConfig } = await session.inspect(container.dockerId);
  expect(HostConfig).toMatchObject({
    NanoCpus: 500_000_000,
    CpuShares: 512,
    Memory: 64 * mebibyte,
    MemorySwap: 64 * mebibyte,
    MemoryReservation: 32 * mebibyte,
    ShmSize: 16 * mebibyte,
    PidsLimit: 321,
    // Podman adds limits of its own.
    Ulimits: expect.arrayContaining([{ Name: expect.stringMatching(/^(RLIMIT_)?NOFILE$/i), Soft: 123, Hard: 456 }]),
    ReadonlyRootfs: true,
    Privileged: false,
    SecurityOpt: ['no-new-privileges'],
    AutoRemove: false,
  });
  expect(HostConfig.CapAdd?.map((capability: string) => capability.replace('CAP_', ''))).toEqual(['NET_ADMIN']);
  const run = await container.start({});
  await run.exited;
  expect(await session.output(run.dockerId)).toMatch(
    new RegExp(`^${64 * mebibyte}\n123\n321\ntouch: /x: Read-only file system\n$`),
  );
});

test('a started container gets all the CPUs of the engine where it asks for more than there are', async () => {
  await using session = await startDockerSession();
  const container = await session.runtime.prepare(session.spec({ limits: { cpus: 1_000 } }));
  const { HostConfig } = await session.inspect(container.dockerId);
  expect(HostConfig.NanoCpus).toBe(session.runtime.engine.cpus * 1e9);
});

test('a container reports that its process ended for lack of memory', async () => {
  await using session = await startDockerSession();
  const sample = { command: sh('exec tail /dev/zero'), limits: { memoryBytes: 16 * 1024 ** 2 } };
  const run = await (await session.runtime.prepare(session.spec(sample))).start({});
  expect(await run.exited).toEqual({ code: 137, outOfMemory: true });
});

test('a started container publishes ports on loopback alone and says which', async () => {
  await using session = await startDockerSession();
  const command = sh('echo hello >/tmp/index.html; exec httpd -f -p 5000 -h /tmp');
  const container = await session.runtime.prepare(session.spec({ command, publishedPorts: [5000] }));
  const run = await container.start({});
  const port = run.publishedPorts[5000];
  const { NetworkSettings } = await session.inspect(run.dockerId);
  expect(NetworkSettings.Ports['5000/tcp']).toEqual([{ HostIp: '127.0.0.1', HostPort: String(port) }]);
  expect(await fetchOnceListening(`http://127.0.0.1:${port}/`)).toBe('hello\n');
});

/** The port is open before the process listens behind it, and only asking shows when it does. */
const fetchOnceListening = async (url: string): Promise<string> => {
  try {
    return await (await fetch(url)).text();
  } catch {
    await pause(20);
    return await fetchOnceListening(url);
  }
};

test('a stopped container gets the first signal, and no other before the kill', async () => {
  const graceClock = createMovableClock({ frozenAt: 0 });
  await using session = await startDockerSession({ graceClock });
  const command = sh("trap 'echo term' TERM; trap 'echo int; exit 7' INT; echo ready; while :; do sleep 0.05; done");
  const stop = { signals: ['SIGTERM', 'SIGINT'], graceMs: 600_000 };
  const container = await session.runtime.prepare(session.spec({ command, stop }));
  const run = await container.start({});
  await untilPrinted(session, run, 'ready');
  const stopping = container.stop();
  await untilPrinted(session, run, 'term');
  await graceClock.advance(600_000);
  await stopping;
  expect(await run.exited).toEqual({ code: 137, outOfMemory: false });
  expect(await session.output(run.dockerId)).toBe('ready\nterm\n');
});

const untilPrinted = async (session: DockerSession, { dockerId }: Run, text: string): Promise<void> => {
  const log = await session.connection.docker.getContainer(dockerId).logs({ follow: true, stdout: true });
  for await (const chunk of log as AsyncIterable<Buffer>) if (chunk.includes(text)) return;
};

test('a container that cannot be made says why in one line, in the words of the engine', async () => {
  await using session = await startDockerSession();
  await expect(session.runtime.prepare(session.spec({ limits: { capabilities: ['NO'] } }))).rejects.toMatchObject({
    code: errorCodes.containerRefused,
    message: expect.stringMatching(/^Failed to make container sample-1: .*\bunknown capability.*\. Check .*\.$/),
  });
  await expect(session.runtime.prepare(session.spec({ image: 'sha256:'.padEnd(71, '0') }))).rejects.toMatchObject({
    message: expect.stringMatching(/^Failed to make container sample-1: no such image: .*\. Make the image available/i),
  });
});

test('a container that cannot be started says why in one line', async () => {
  await using session = await startDockerSession();
  const failureOf = async (sample: Sample) => {
    const container = await session.runtime.prepare(session.spec(sample));
    const failure = await container.start({}).catch((error: Error) => error.message);
    await container.remove();
    return failure;
  };
  expect(await failureOf({ command: { path: 'nope', args: [] } })).toBe(
    `Failed to start container sample-1: exec: "nope": executable file not found in $PATH (exit code 127). Check the function's command, and that its image has it.`,
  );
  expect(await failureOf({ command: { path: '/etc/passwd', args: [] } })).toBe(
    'Failed to start container sample-1: exec: "/etc/passwd": permission denied (exit code 126). Make the command executable in the image.',
  );
});

test('a container runs at most once', async () => {
  await using session = await startDockerSession();
  const container = await session.runtime.prepare(session.spec({ command: obedient }));
  await container.start({});
  await expect(container.start({})).rejects.toThrow(/at most once/);
});
