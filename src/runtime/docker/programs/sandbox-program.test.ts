import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canRunSandbox,
  type SandboxProgram,
  startSandboxProgram,
} from '../../../../test/support/runtime/run-sandbox.ts';
import { NetworkCheck } from '../containers/clean-network.ts';
import { parseFrames } from '../engine/output.ts';

/** Runs a script of Node's in the program's network while the work is done. It says so when it is ready. */
const during = async (
  program: SandboxProgram,
  script: string,
  work: () => Promise<void>,
  interpreter: string = process.execPath,
): Promise<void> => {
  const args = ['-t', String(program.process.pid), '-n', interpreter, '-e', script];
  const child = spawn('nsenter', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  try {
    await once(child.stdout, 'data');
    await work();
  } finally {
    child.kill('SIGKILL');
    await closed;
  }
};

/** A client and a server; the client closes first, and its address and port stay taken. */
const talk = (host: string): string => `
  const net = require('node:net');
  const open = { port: 7000, host: '${host}', localPort: 7001, allowHalfOpen: true };
  const server = net.createServer((near) => near.resume()).listen(7000, open.host, () =>
    net.connect(open).resume().on('end', () => server.close()).end());
`;

describe.skipIf(!canRunSandbox)('the program of a sandbox', () => {
  test('finds a network as new, as often as it is asked', async () => {
    await using program = startSandboxProgram();
    const check = new NetworkCheck(program.stream, 20_000);
    for (let times = 0; times < 5; times += 1) expect(await check.ask()).toEqual([]);
  });

  test.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])('wipes connections that were closed, to %s', async (host) => {
    await using program = startSandboxProgram();
    const check = new NetworkCheck(program.stream, 20_000);
    await check.ask();
    await program.within(process.execPath, '-e', talk(host));
    expect(program.read('net/sockstat')).toContain(' tw 1 ');
    expect(await check.ask()).toEqual([]);
    expect(program.read('net/sockstat')).toContain(' tw 0 ');
  });

  test('frees a port that a closed connection keeps from the next run', async () => {
    await using program = startSandboxProgram();
    const check = new NetworkCheck(program.stream, 20_000);
    await check.ask();
    await program.within(process.execPath, '-e', talk('127.0.0.1'));
    // Node's own servers may have such a port; those of other languages may not.
    const bind = 'socket(S, AF_INET, SOCK_STREAM, 0) && bind(S, pack_sockaddr_in(7001, INADDR_ANY)) or die $!';
    await expect(program.within('perl', '-MSocket', '-e', bind)).rejects.toThrow('Address already in use');
    expect(await check.ask()).toEqual([]);
    await program.within('perl', '-MSocket', '-e', bind);
  });

  test('wipes neighbours, but for those that were put there for good', async () => {
    await using program = startSandboxProgram();
    const check = new NetworkCheck(program.stream, 20_000);
    await check.ask();
    const add = (address: string, state: string) =>
      program.within('ip', 'neigh', 'add', address, 'lladdr', '02:42:00:00:00:01', 'dev', 'one', 'nud', state);
    for (const address of ['10.9.0.2', '10.9.0.3', 'fe80::2']) await add(address, 'stale');
    expect(await check.ask()).toEqual([]);
    expect(await program.within('ip', 'neigh')).toBe('');
    await add('10.9.0.2', 'permanent');
    expect(await check.ask()).toEqual(['neighbours']);
  });

  const changes = [
    ['addresses', 'ip addr add 10.9.0.7/32 dev one', 'ip addr del 10.9.0.7/32 dev one'],
    ['addresses', 'ip addr add fd00::7/128 dev one nodad', 'ip addr del fd00::7/128 dev one'],
    ['routes', 'ip route add 10.10.0.0/16 via 10.9.0.2', 'ip route del 10.10.0.0/16'],
    ['routes', 'ip -6 route add fd01::/64 dev one', 'ip -6 route del fd01::/64'],
    ['rules', 'ip rule add to 10.10.0.0/16 blackhole', 'ip rule del to 10.10.0.0/16 blackhole'],
    ['links', 'ip link set one mtu 1400', 'ip link set one mtu 1500'],
    ['links', 'ip link set one promisc on', 'ip link set one promisc off'],
    ['links', 'ip link set one address 02:42:00:00:00:09', null],
    ['/etc/hosts', 'echo 10.9.0.2 other >> /etc/hosts', 'echo "of the hosts" > /etc/hosts'],
    ['/etc/resolv.conf', 'chmod 600 /etc/resolv.conf', 'chmod 644 /etc/resolv.conf'],
    ['/etc/hostname', 'chown 7 /etc/hostname', 'chown 0 /etc/hostname'],
  ] as const;
  test.each(changes)('finds %s changed after `%s`', async (name, change, undo) => {
    await using program = startSandboxProgram();
    const check = new NetworkCheck(program.stream, 20_000);
    await check.ask();
    await program.within('sh', '-c', change);
    expect(await check.ask()).toEqual([name]);
    if (undo === null) return;
    await program.within('sh', '-c', undo);
    expect(await check.ask()).toEqual([]);
  });

  const held = [
    ['a port that is listened on', "require('node:net').createServer().listen(7000, () => console.log('ready'))"],
    ['an abstract socket', "require('node:net').createServer().listen('\\0name', () => console.log('ready'))"],
    ['a UDP port', "require('node:dgram').createSocket('udp4').bind(7000, () => console.log('ready'))"],
  ] as const;
  test.each(held)('finds %s that a process holds, until it ends', async (_, script) => {
    await using program = startSandboxProgram();
    const check = new NetworkCheck(program.stream, 20_000);
    expect(await check.ask()).toEqual([]);
    await during(program, script, async () => expect(await check.ask()).toEqual(['sockets']));
    expect(await check.ask()).toEqual([]);
  });

  test('does not count sockets for packets, over which engines announce addresses in the first seconds', async () => {
    await using program = startSandboxProgram();
    const check = new NetworkCheck(program.stream, 20_000);
    expect(await check.ask()).toEqual([]);
    const script = 'socket(P, 17, 3, 0) && socket(R, 10, 3, 58) or die $!; $| = 1; print qq(ready\\n); sleep 1000';
    await during(program, script, async () => expect(await check.ask()).toEqual([]), 'perl');
  });

  test('breaks no connection that a process holds, open, half-closed or not yet accepted', async () => {
    await using program = startSandboxProgram();
    const check = new NetworkCheck(program.stream, 20_000);
    await check.ask();
    const script = `
      const net = require('node:net');
      const server = net.createServer({ allowHalfOpen: true }).listen(7000, () => {
        const client = net.connect({ port: 7000, allowHalfOpen: true }, () => client.end(() => console.log('ready')));
        client.on('error', (error) => console.log(error.code));
      });
    `;
    await during(program, script, async () => {
      const states = (): string =>
        ['tcp', 'tcp6'].map((name) => program.read(`net/${name}`).replaceAll(/^.*?: (\S+ \S+ ..).*$/gm, '$1')).join('');
      // FIN_WAIT2 and CLOSE_WAIT.
      await expect.poll(states).toMatch(/ 05\n.* 08\n/s);
      const before = states();
      expect(await check.ask()).toEqual(['sockets']);
      expect(states()).toBe(before);
    });
  });

  test('sleeps in little memory when its stdin has ended, and ends at SIGTERM with code 0', async () => {
    await using program = startSandboxProgram();
    const check = new NetworkCheck(program.stream, 20_000);
    expect(await check.ask()).toEqual([]);
    const rss = Number(/^VmRSS:\s+(\d+)/m.exec(program.read('status'))?.[1]);
    expect(rss).toBeLessThan(100);
    program.process.stdin?.end();
    await expect.poll(() => program.read('wchan')).toMatch(/poll/);
    program.process.kill('SIGTERM');
    expect(await once(program.process, 'exit')).toEqual([0, null]);
  });

  test('answers each line of any bytes that can be a name, and no other', async () => {
    await using program = startSandboxProgram();
    const output = parseFrames(program.stream);
    let printed = '';
    const line = fc.oneof(
      fc.uint8Array({ maxLength: 8 }),
      fc.uint8Array({ minLength: 29, maxLength: 34 }),
      fc.uint8Array({ maxLength: 5_000, size: 'max' }),
    );
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 6 }), fc.boolean(), async (lines, isCut) => {
        runs += 1;
        const last = `last ${runs}`;
        const input = lines.map((bytes) => Buffer.from(bytes).toString('latin1')).join(isCut ? '' : '\n');
        program.stream.write(Buffer.from(`\n${input}\n${last}\n`, 'latin1'));
        while (!printed.endsWith(`done ${last}\n`)) {
          printed += Buffer.from((await output.next()).value?.data ?? []).toString('latin1');
        }
        // A name ends at NUL.
        const names = `${input}\n${last}`.split('\n').filter(({ length }) => length > 0 && length < 32);
        expect(printed).toBe(names.map((name) => `done ${name.replace(/\0.*/s, '')}\n`).join(''));
        printed = '';
      }),
      { numRuns: 200 },
    );
  });
});
