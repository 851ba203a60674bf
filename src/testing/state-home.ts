import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pruneLeftovers } from '../runtime/docker/leftovers.ts';
import { callerAt } from './caller.ts';
import { type CliProcess, startCli } from './cli-process.ts';
import { accessKey, obedient } from './sample-stack.ts';

/** What a test's stack says of its only function. */
export type IdleFunction = {
  readonly id?: string;
  readonly script?: string;
  readonly instances?: number;
  readonly limits?: Readonly<Record<string, string | number>>;
  readonly hot?: number;
};

/** A stack and a state file, and emulators that live in them one after the other. */
export type StateHome = AsyncDisposable & {
  readonly stateFile: string;
  /** Writes the stack anew, for the lives to come. */
  write(idle: IdleFunction): void;
  /** Begins a life. */
  start(...args: readonly string[]): CliProcess;
};

const ownId = '65a0000000000000000000dd';

/** Disposing ends whatever is left of all lives. */
export const createStateHome = (idle: IdleFunction = {}): StateHome => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-state-home-'));
  const stackFile = join(folder, 'stack.json');
  const stateFile = join(folder, 'state.db');
  const lives: CliProcess[] = [];
  const write: StateHome['write'] = (spec) => writeFileSync(stackFile, JSON.stringify(toStack(spec)));
  write(idle);
  return {
    stateFile,
    write,
    start: (...args) => {
      const own = ['--port', '0', '--pull', 'never', '--state', stateFile, '--log-level', 'debug'];
      const life = startCli(['start', stackFile, ...own, ...args]);
      lives.push(life);
      return life;
    },
    [Symbol.asyncDispose]: async () => {
      for (const life of lives) life[Symbol.dispose]();
      await Promise.all(lives.map(({ ended }) => ended));
      // Without its file, a session that nobody lives in is like any other.
      rmSync(folder, { recursive: true });
      await pruneLeftovers();
    },
  };
};

const toStack = ({ id = ownId, script = obedient, instances = 2, limits = {}, hot = 0 }: IdleFunction): object => ({
  version: '1.0',
  containers: {
    idle: {
      name: 'Idle',
      image: { origin: { type: 'docker-hub', details: { target: 'busybox:1.37' } } },
      stateful: false,
      config: {
        network: { public: 'disable', hostname: 'idle' },
        deploy: { instances, strategy: 'function', function: limits },
        runtime: { command: { path: '/bin/sh', args: `-c "${script}"` } },
      },
    },
  },
  services: {
    scheduler: { config: { public: false, access_keys: [{ name: 'sample', secret: accessKey, ips: [] }] } },
  },
  emulator: { containers: { idle: { id, hot } } },
});

/** Resolves when it is ready: where it is, and who calls its function. */
export const whenReady = async (life: CliProcess, id = ownId) => {
  const url = (await life.line(/^ready http/)).replace('ready ', '');
  return { url, ...callerAt(url, id) };
};

/** Ends a life as no process can prevent. */
export const kill = async (life: CliProcess): Promise<void> => {
  life.child.kill('SIGKILL');
  await life.ended;
};

/** Ends a life as it should be; answers what it printed. */
export const stop = async (life: CliProcess): ReturnType<() => CliProcess['ended']> => {
  life.child.kill('SIGINT');
  return await life.ended;
};
