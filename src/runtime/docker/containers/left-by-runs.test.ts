import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { baseImage } from '../../../../scripts/bare-machine/base-image.ts';
import { canBeWarm, type DockerSession, startDockerSession } from '../../../../test/support/runtime/docker-session.ts';
import { attach, startAttached } from '../engine/container-api.ts';
import { sessionFilter } from '../engine/labels.ts';
import { built } from '../programs/built.ts';
import { NetworkCheck } from './clean-network.ts';
import { findArchitecture, toExecutable, toTar } from './container-files.ts';

let session: DockerSession;
let network: string;
beforeAll(async () => {
  session = await startDockerSession();
  const [found] = await session.connection.docker.listNetworks({ filters: sessionFilter(session.id) });
  network = found?.Name ?? '';
});
afterAll(() => session[Symbol.asyncDispose]());

/** Far more than an answer takes, also from an engine that has much else to do. */
const patienceMs = 20_000;

/** A network that a small container holds, where runs come and go. */
const holdNetwork = async (capabilities: readonly string[] = ['NET_ADMIN']) => {
  const { docker } = session.connection;
  const { Architecture } = (await docker.info()) as { Architecture: string };
  const architecture = findArchitecture(Architecture);
  if (architecture === undefined) throw new Error(`there is no program for ${Architecture}`);
  const holder = await docker.createContainer({
    Image: baseImage,
    Entrypoint: ['/sandbox'],
    User: '0:0',
    OpenStdin: true,
    // Podman stops a container, with its signal, before it removes it by force.
    StopSignal: 'SIGKILL',
    HostConfig: {
      NetworkMode: network,
      CapDrop: ['ALL'],
      CapAdd: [...capabilities],
      SecurityOpt: ['no-new-privileges'],
    },
  });
  await holder.putArchive(await toTar([toExecutable('sandbox', built.sandbox[architecture])]), { path: '/' });
  let stream = await startAttached(session.connection, holder.id, { stdin: true });
  let check = new NetworkCheck(stream, patienceMs);
  const join = async (script: string) => {
    const container = await docker.createContainer({
      Image: baseImage,
      Entrypoint: ['sh', '-c', script],
      StopSignal: 'SIGKILL',
      HostConfig: { NetworkMode: `container:${holder.id}` },
    });
    await container.start();
    return container;
  };
  return {
    ask: () => check.ask(),
    attachAgain: async () => {
      stream.destroy();
      stream = await attach(session.connection, holder.id, { stdin: true });
      check = new NetworkCheck(stream, patienceMs);
    },
    /** Answers the exit code. */
    run: async (script: string): Promise<number> => {
      const container = await join(script);
      const { StatusCode } = (await container.wait()) as { StatusCode: number };
      await container.remove();
      return StatusCode;
    },
    /** Runs it while the work is done, from when it has made /ready on. */
    during: async (script: string, work: () => Promise<void>): Promise<void> => {
      const container = await join(script);
      const isReady = () =>
        container.getArchive({ path: '/ready' }).then(
          () => true,
          () => false,
        );
      await expect.poll(isReady).toBe(true);
      await work();
      await container.remove({ force: true });
    },
    [Symbol.asyncDispose]: async () => {
      stream.destroy();
      await holder.remove({ force: true });
    },
  };
};

/** Podman, which has no sandboxes, takes a run out of the shared hosts file some time after it has removed the run. */
const expectAsNew = async (held: { ask(): Promise<readonly string[]> }): Promise<void> => {
  if (await canBeWarm()) expect(await held.ask()).toEqual([]);
  else await expect.poll(() => held.ask()).toEqual([]);
};

/** A client and a server, one of which closes first. */
const talk = 'nc -l -p 8080 -e cat & until nc 127.0.0.1 8080 </dev/null 2>/dev/null; do :; done; wait';
const gateway = "$(ip route | sed -n 's/default via \\([^ ]*\\).*/\\1/p')";

describe('the traces of an ordinary run in a network are wiped:', () => {
  test.each([
    ['a closed connection', talk, 'closed connections'],
    ['a name that was looked up', 'timeout 3 nslookup example.test; true', /tracked connections|neighbours/],
    ['a neighbour that was talked to', `ping -c 1 ${gateway} || nc -w 1 ${gateway} 9; true`, 'neighbours'],
    ['a server that answered', 'httpd -p 80; wget -qO /dev/null http://127.0.0.1/etc/passwd', 'closed connections'],
  ])('%s', async (_, script, name) => {
    await using unable = await holdNetwork([]);
    expect(await unable.run(script)).toBe(0);
    // The run has left it: a program that may not wipe it finds it.
    expect((await unable.ask()).join()).toMatch(name);
    await using held = await holdNetwork();
    await held.run(script);
    await expectAsNew(held);
  });

  test('a connection that its peer, outside, has not closed yet', async () => {
    const server = createServer((socket) =>
      socket
        .on('error', () => {})
        .pause()
        .write('hello'),
    );
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const { port } = server.address() as { port: number };
    const script = `nc ${gateway} ${port} </dev/null >/out & until [ -s /out ]; do sleep 0.05; done`;
    try {
      await using unable = await holdNetwork([]);
      await unable.run(script);
      expect((await unable.ask()).join()).toMatch(/sockets|closed connections/);
      await using held = await holdNetwork();
      await held.run(script);
      await expectAsNew(held);
    } finally {
      server.close();
      server.unref();
    }
  });
});

describe('the check of a network finds', () => {
  test.each([
    ['/etc/hosts', 'echo 10.1.2.3 other >> /etc/hosts'],
    ['/etc/resolv.conf', 'echo nameserver 10.1.2.3 > /etc/resolv.conf'],
    ['/etc/hosts', 'chmod 600 /etc/hosts'],
    ['/etc/resolv.conf', 'chown 7:7 /etc/resolv.conf'],
  ])('%s, after `%s`', async (name, script) => {
    await using held = await holdNetwork();
    expect(await held.run('cat /etc/hosts /etc/resolv.conf; ip addr; ip route; hostname other || true')).toBe(0);
    await expectAsNew(held);
    expect(await held.run(script)).toBe(0);
    expect(await held.ask()).toEqual([name]);
  });

  test.each([
    ['a port', 'nc -l -p 8080 & touch /ready; wait'],
    [
      'a socket with a path',
      'syslogd -n -O /dev/null & until [ -S /dev/log ]; do sleep 0.05; done; touch /ready; wait',
    ],
  ])('%s that another container holds, which joined the network, until it is gone', async (_, script) => {
    await using held = await holdNetwork();
    // While a container has joined, Podman has it in the hosts file.
    await held.during(script, async () => expect(await held.ask()).toContain('sockets'));
    await expectAsNew(held);
  });

  test('no changed setting, for a run may not write them', async () => {
    await using held = await holdNetwork();
    const script =
      'for file in $(find /proc/sys/net -type f); do (cat $file > /value; cat /value > $file) && exit 1; done; exit 0';
    expect(await held.run(`(${script}) 2>/dev/null`)).toBe(0);
  });
});

test('the program in a network outlives the connection to it, and still knows what was there before', async () => {
  await using held = await holdNetwork();
  await expectAsNew(held);
  await held.attachAgain();
  expect(await held.run('echo 10.1.2.3 other >> /etc/hosts')).toBe(0);
  // On Podman, stdin has ended with the first connection.
  expect(['/etc/hosts', `no answer in ${patienceMs} ms`]).toContain((await held.ask()).join());
});
