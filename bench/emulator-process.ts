import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type Docker from 'dockerode';
import { Remote } from '../src/cli/client/emulator-client.ts';
import { labels } from '../src/runtime/docker/engine/labels.ts';
import { packageRoot } from '../src/shared/package.ts';

/** The access key's secret of every stack of the bench. */
export const secret = 'bench-secret';

/** `cycle-scheduler start` in a process of its own, as people run it: callers take none of its time. */
export type EmulatorProcess = AsyncDisposable & {
  readonly pid: number;
  readonly url: string;
  /** Null where no function is public. */
  readonly gatewayUrl: string | null;
  /** Container IDs by name. */
  readonly functions: Readonly<Record<string, string>>;
  /** From the beginning of the process until it said that it was ready. */
  readonly readyMs: number;
  /** Its control API. */
  readonly remote: Remote;
};

const main = join(packageRoot, 'src', 'cli', 'main.ts');

/** @param stack in the words of a stack file */
export const startEmulatorProcess = async (
  stack: object,
  args: readonly string[],
  signal: AbortSignal,
): Promise<EmulatorProcess> => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-bench-'));
  const [stackFile, logFile] = [join(folder, 'stack.json'), join(folder, 'log')];
  writeFileSync(stackFile, JSON.stringify(stack));
  const flags = ['--port', '0', '--json', '--pull', 'never', ...args];
  const beganAt = performance.now();
  const log = openSync(logFile, 'w');
  const child = spawn(process.execPath, [main, 'start', stackFile, ...flags], { stdio: ['ignore', 'pipe', log] });
  closeSync(log);
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    signal.removeEventListener('abort', interrupt);
    child.kill('SIGTERM');
    const [code] = await ended;
    if (code !== 0) console.error(`an emulator ended with ${code}: ${readFileSync(logFile, 'utf8').slice(-500)}`);
    rmSync(folder, { recursive: true });
  };
  const interrupt = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', interrupt);
  try {
    const [line] = await Promise.race([
      once(createInterface(child.stdout as Readable), 'line'),
      ended.then(() => {
        throw new Error(`the emulator ended: ${readFileSync(logFile, 'utf8')}`);
      }),
    ]);
    const readyMs = performance.now() - beganAt;
    const { url, gatewayUrl, functions } = JSON.parse(line) as Pick<
      EmulatorProcess,
      'url' | 'gatewayUrl' | 'functions'
    >;
    const remote = new Remote({ url, accessKey: secret });
    return { pid: child.pid ?? 0, url, gatewayUrl, functions, readyMs, remote, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

/** Resolves once all instances wait to be claimed, so that nothing else keeps the machine busy. */
export const untilFull = async ({ remote }: EmulatorProcess): Promise<void> => {
  const isFull = async (): Promise<boolean> =>
    (await remote.state()).functions.every(({ instances }) => instances.every(({ state }) => state === 'available'));
  const listening = new AbortController();
  // Before it is asked, so that nothing happens in between unseen.
  const events = await remote.events({ follow: true, signal: listening.signal });
  if (!(await isFull())) {
    for await (const { name } of events) if (name === 'instance.available' && (await isFull())) break;
  }
  listening.abort();
};

const betweenLooksMs = 50;

/** The same, and until the instances of functions whose name begins with `warm` have their sandboxes: no event says so. */
export const untilWarm = async (emulator: EmulatorProcess, docker: Docker): Promise<void> => {
  await untilFull(emulator);
  const { session, functions } = await emulator.remote.state();
  const warm = functions.filter(({ name }) => name.startsWith('warm')).flatMap(({ instances }) => instances);
  const label = [`${labels.session}=${session}`, labels.sandbox];
  for (;;) {
    const sandboxes = await docker.listContainers({ filters: { label } });
    const holders = new Set(sandboxes.map(({ Labels }) => Labels[labels.sandbox]));
    if (warm.every(({ id }) => holders.has(id))) return;
    await pause(betweenLooksMs);
  }
};
