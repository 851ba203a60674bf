import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { EngineKind } from './engines.ts';
import { type EngineFacts, loadFacts } from './facts.ts';

/** An engine in namespaces of its own. Its disposal ends it, and every process in them. */
export type RunningEngine = AsyncDisposable & {
  /** Goes with the engine in every end of it. */
  readonly folder: string;
  readonly socket: string;
  readonly facts: EngineFacts;
  /** What the tests' own daemons have to find in their environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends a program that `spawn` has started, where it has not ended. */
  kill(child: ChildProcess): void;
  /**
   * Starts a program where the engine's published ports, its CLI and its `dockerd` are, in this process's folder.
   *
   * @param output where it prints: this process's own, or a file that is open
   */
  spawn(
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    output: 'inherit' | number,
  ): ChildProcess;
};

const answersWithinMs = 60_000;

/**
 * The first process of the namespaces. It lays the engine's /usr and /etc over the system's, so that paths and the
 * system's tools stay as they are; collects orphans; and ends, with all in the namespaces, when its input does, which is
 * how the death of the process that started it reaches it. Containers end before, by the engine: else their cgroups stay.
 * One that ends meanwhile fails `docker kill`, which must not spare the engine: hence `set +e` before it.
 */
const firstProcess = `
set -e
here=$1 root=$2; shift 2
ip link set lo up
mount -t overlay -o "lowerdir=$root/usr:/usr" overlay /usr
mount -t overlay -o "lowerdir=$here/etc:/etc:$root/etc" overlay /etc
mount -t tmpfs tmpfs /run
mkdir /run/lock
mount --rbind /sys/fs/cgroup /mnt
mount -t sysfs sysfs /sys
mount --rbind /mnt /sys/fs/cgroup
cd "$here"
"$@" </dev/null 3<&- &
engine=$!
set +e
{
  cat <&3 >/dev/null
  timeout 20 sh -c 'docker ps --quiet | xargs --no-run-if-empty docker kill' >/dev/null 2>&1
  kill $engine
  sleep 20
  kill -KILL $engine
} &
while kill -0 $engine 2>/dev/null; do wait $engine; done
`;

/** Outside of the namespaces: what the engine wrote goes when they are gone, however they ended. */
const outermost = 'here=$1; shift; trap : INT TERM HUP; "$@"; rm -rf "$here"';

const commandLines: { readonly [Daemon in EngineKind['daemon']]: (folder: string, url: string) => readonly string[] } =
  {
    dockerd: (folder, url) => [
      ...['dockerd', '--host', url, '--data-root', `${folder}/data`, '--exec-root', `${folder}/run`],
      ...['--pidfile', `${folder}/pid`],
    ],
    podman: (folder, url) => [
      ...['podman', '--root', `${folder}/data`, '--runroot', `${folder}/run`, '--runtime', 'runc'],
      // Its usual place is the system's /etc.
      ...['--network-config-dir', `${folder}/networks`, 'system', 'service', '--time', '0', url],
    ],
  };

/**
 * Starts an engine that was unpacked.
 *
 * @param root folder with the engine's `usr` and `etc`
 * @throws Error with the engine's last words where it does not come up
 */
export const startEngine = async (
  { name, daemon, config, env }: EngineKind,
  root: string,
  signal: AbortSignal,
): Promise<RunningEngine> => {
  const folder = mkdtempSync(join(tmpdir(), `cycle-engine-${name}-`));
  const socket = join(folder, 'docker.sock');
  mkdirSync(join(folder, 'etc/docker'), { recursive: true });
  writeFileSync(join(folder, 'etc/docker/daemon.json'), JSON.stringify(config));
  mkdirSync(join(folder, 'etc/containers'));
  writeFileSync(join(folder, 'etc/containers/containers.conf'), toContainersConf());
  const namespaces = ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const url = `unix://${socket}`;
  const first = ['sh', '-c', firstProcess, 'sh', folder, root, ...commandLines[daemon](folder, url)];
  // A process group of its own: Ctrl-C in a terminal is for the process that started it, which ends it in order.
  const outer = spawn('sh', ['-c', outermost, 'sh', folder, ...namespaces, ...first], {
    detached: true,
    env: { ...process.env, ...env, DOCKER_HOST: url },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let said = '';
  for (const output of [outer.stdout, outer.stderr]) {
    output?.on('data', (text: Buffer) => {
      said = `${said}${text}`.slice(-4_000);
    });
  }
  const ended = once(outer, 'exit');
  const stop = async (): Promise<void> => {
    (outer.stdio[3] as NodeJS.WritableStream).end();
    await ended;
  };
  await using unfinished = new AsyncDisposableStack();
  unfinished.defer(stop);
  const deadline = performance.now() + answersWithinMs;
  // An engine has no other way to say that it is ready than to answer.
  for (let facts = null; ; facts = await loadFacts(socket).catch(() => null)) {
    if (facts !== null) {
      unfinished.move();
      return {
        folder,
        socket,
        facts,
        env,
        kill,
        spawn: spawnInside(childOf(childOf(outer.pid))),
        [Symbol.asyncDispose]: stop,
      };
    }
    signal.throwIfAborted();
    if (outer.exitCode !== null) throw new Error(`Failed to start ${name}: it ended. It said: ${said.trim()}`);
    if (performance.now() > deadline) throw new Error(`Failed to start ${name}: no answer. It said: ${said.trim()}`);
    await pause(50);
  }
};

/** Builds of Podman ask for more than a process here may have, and fail, unless they are given just that. */
const toContainersConf = (): string => {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const hard = (name: string): string => new RegExp(`^Max ${name} +\\S+ +(\\d+)`, 'm').exec(limits)?.[1] ?? '1024';
  const ulimits = [`nofile=${hard('open files')}`, `nproc=${hard('processes')}`];
  return `[containers]\ndefault_ulimits = ${JSON.stringify(ulimits)}\n`;
};

const childOf = (pid: number | undefined): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);

/** By `env -C`: a process that enters a mount namespace is in its root folder. */
const spawnInside =
  (first: number): RunningEngine['spawn'] =>
  (program, args, env, output) => {
    const namespaces = ['--target', String(first), '--net', '--mount', '--pid', 'env', '-C', process.cwd()];
    return spawn('nsenter', [...namespaces, program, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', output, output],
    });
  };

/** The program is a child of the one that entered the namespaces for it, which waits outside and passes no signal on. */
const kill = (entered: ChildProcess): void => {
  if (entered.exitCode !== null || entered.signalCode !== null) return;
  try {
    process.kill(childOf(entered.pid), 'SIGKILL');
  } catch {
    // It has ended just now.
  }
};
