import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { baseImage, ensureBaseImage } from '../../scripts/bare-machine/base-image.ts';

const run = promisify(execFile);

/** A Docker daemon of the test's own, to be stopped, killed and filled up. It has the base image and nothing else. */
export type OwnDaemon = AsyncDisposable & {
  /** A process in its namespaces. */
  readonly pid: number;
  /** For the option `docker`. */
  readonly url: string;
  /** Path of its socket. */
  readonly socket: string;
  /** What the docker CLI prints about this daemon. */
  docker(...args: readonly string[]): Promise<string>;
  /** Ends the daemon and resolves when it has ended. On a signal, it ends its containers; killed, it leaves them. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts it again; resolves once it answers. */
  start(): Promise<void>;
  loadBaseImage(): Promise<void>;
  /** Uses up the space it has, but for some hundred bytes; `free` gives it back. */
  fillDisk(): void;
  freeDisk(): void;
};

/** Room for the base image and the containers of a small stack. */
const diskMebibytes = 64;

const answersWithinMs = 60_000;

/**
 * Starts a daemon in namespaces of its own: it cannot see this machine's networks and processes, its files are in memory,
 * and with the first process of its namespaces all of it ends.
 *
 * @param flags further ones of `dockerd`
 */
export const startOwnDaemon = async (...flags: readonly string[]): Promise<OwnDaemon> => {
  refuseWhereItCannotBe();
  const folder = mkdtempSync(join(tmpdir(), 'cycle-daemon-'));
  const socket = join(folder, 'docker.sock');
  const files = join(folder, 'files');
  const url = `unix://${socket}`;
  const script = `mkdir ${files} && mount -t tmpfs -o size=${diskMebibytes}m none ${files} && echo ready && sleep infinity & wait`;
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const first = spawn('unshare', [...namespaces, 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(first, 'close');
  let daemon: ChildProcess | null = null;
  await using unfinished = new AsyncDisposableStack();

  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (daemon === null || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const ended = once(daemon, 'close');
    process.kill(childOf(daemon), signal);
    await ended;
  };

  const stop = async (): Promise<void> => {
    await end('SIGTERM');
    // With it goes the first process of its namespaces, and with that one all others.
    first.kill('SIGKILL');
    await closed;
    rmSync(folder, { recursive: true });
  };

  unfinished.defer(stop);
  const heard = [once(first.stdout, 'data'), once(first.stderr, 'data'), closed];
  const [said] = (await Promise.race(heard)) as [Buffer | number];
  if (String(said) !== 'ready\n') throw new Error(`the test's own dockerd has no namespaces: ${said}`);
  const inside = childOf(first);

  const start = async (): Promise<void> => {
    rmSync(join(folder, 'pid'), { force: true });
    const own = ['--data-root', `${files}/data`, '--exec-root', `${files}/exec`, '--pidfile', join(folder, 'pid')];
    // Without a bridge it has no address that distinguishes containers from the host.
    const apart = ['--host', url, '--iptables=false', '--bridge=none', '--host-gateway-ip', '127.0.0.1'];
    daemon = spawn(
      'nsenter',
      ['-t', String(inside), '--net', '--mount', '--pid', 'dockerd', ...own, ...apart, ...flags],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    let said = '';
    daemon.stderr?.on('data', (text) => {
      said = `${said}${text}`.slice(-2_000);
    });
    const deadline = performance.now() + answersWithinMs;
    // A daemon does not say when it is ready, but by answering.
    while (!(await answers(url))) {
      if (daemon.exitCode !== null) throw new Error(`the test's own dockerd ended: ${said}`);
      if (performance.now() > deadline) throw new Error(`the test's own dockerd does not answer: ${said}`);
      await pause(20);
    }
  };

  const docker: OwnDaemon['docker'] = async (...args) =>
    (await run('docker', ['--host', url, ...args], { maxBuffer: 16 * 2 ** 20 })).stdout.replace(/\n$/, '');

  const ballast = `/proc/${inside}/root${files}/ballast`;
  await start();
  await ensureBaseImage();
  const loadBaseImage = async (): Promise<void> => {
    const { stdout } = await run('sh', ['-c', `docker save ${baseImage} | docker --host ${url} load`]);
    // Where the engine of the environment is Podman it has another name.
    const [, loaded = baseImage] = /^Loaded image: (\S+)$/m.exec(stdout) ?? [];
    if (loaded !== baseImage) await docker('tag', loaded, baseImage);
  };
  await loadBaseImage();
  unfinished.move();
  return {
    pid: inside,
    url,
    socket,
    docker,
    end,
    start,
    loadBaseImage,
    fillDisk: () => {
      for (const bytes of [2 ** 20, 2 ** 12]) {
        try {
          for (;;) writeFileSync(ballast, Buffer.alloc(bytes), { flag: 'a' });
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        }
      }
    },
    freeDisk: () => rmSync(ballast),
    [Symbol.asyncDispose]: stop,
  };
};

const refuseWhereItCannotBe = (): void => {
  const isOnPath = (program: string): boolean =>
    (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program)));
  const missing = ['dockerd', 'unshare', 'nsenter'].filter((program) => !isOnPath(program));
  if (process.platform === 'linux' && process.getuid?.() === 0 && missing.length === 0) return;
  throw new Error(
    `This test restarts a Docker daemon of its own, which takes Linux, root, and dockerd${
      missing.length === 0 ? '' : `: there is no ${missing.join(', ')}`
    }. Run it as root after \`npm run setup\`.`,
  );
};

const childOf = ({ pid }: ChildProcess): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);

const answers = (url: string): Promise<boolean> =>
  run('docker', ['--host', url, 'version']).then(
    () => true,
    () => false,
  );
