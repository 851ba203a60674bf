import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { startOwnDaemon } from './own-daemon.ts';

const run = promisify(execFile);

/** An engine as on another machine: two network namespaces and a cable, one for the engine, one for its clients. */
export type RemoteEngine = AsyncDisposable & {
  readonly url: string;
  /** Of each end of the cable. */
  readonly engineAddress: string;
  readonly clientAddress: string;
  /** Runs a program on the client's end, and answers what it prints. */
  run(program: string, ...args: readonly string[]): Promise<string>;
};

export const startRemoteEngine = async (): Promise<RemoteEngine> => {
  await using started = new AsyncDisposableStack();
  // Without TLS spelt out, newer daemons wait, as a warning to the user.
  const daemon = started.use(await startOwnDaemon('--host', 'tcp://0.0.0.0:2375', '--tls=false'));
  const client = spawn('unshare', ['--net', 'sh', '-c', 'ip link set lo up && echo ready && exec sleep infinity']);
  const ended = once(client, 'close');
  started.defer(async () => {
    client.kill('SIGKILL');
    await ended;
  });
  await Promise.race([once(client.stdout, 'data'), ended]);
  const [engineAddress, clientAddress] = ['10.200.0.2', '10.200.0.1'];
  const within = (pid: number | undefined, ...args: readonly string[]) =>
    run('nsenter', ['-t', String(pid), '--net', ...args], { maxBuffer: 16 * 2 ** 20 });
  const toEngine = ['peer', 'name', 'engine', 'netns', String(daemon.pid)];
  await within(client.pid, 'ip', 'link', 'add', 'client', 'type', 'veth', ...toEngine);
  await within(daemon.pid, 'sh', '-c', `ip addr add ${engineAddress}/24 dev engine && ip link set engine up`);
  const route = `ip route add default via ${engineAddress}`;
  await within(
    client.pid,
    'sh',
    '-c',
    `ip addr add ${clientAddress}/24 dev client && ip link set client up && ${route}`,
  );
  const kept = started.move();
  return {
    url: `tcp://${engineAddress}:2375`,
    engineAddress,
    clientAddress,
    run: async (...command) => (await within(client.pid, ...command)).stdout,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
};
