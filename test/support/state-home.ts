import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { callerAt } from './caller.ts';
import { type CliProcess, startCli } from './cli-process.ts';
import { docker } from './docker-cli.ts';
import { endWithTest } from './end-with-test.ts';
import { type SampleFunction, writeSampleStack } from './sample-stack.ts';

/** A stack and a state file, and emulators that use them one after the other. */
export type StateHome = AsyncDisposable & {
  readonly stateFile: string;
  /** Writes the stack again, for the emulators to come. */
  write(functions: Readonly<Record<string, SampleFunction>>): void;
  /** Moves the state file elsewhere, for the emulators to come. */
  move(): string;
  /** Starts an emulator. */
  start(...args: readonly string[]): CliProcess;
};

/** Disposing ends all that is left of all emulators. The end of the test does, too, also where it has timed out. */
export const createStateHome = (idle: SampleFunction = {}): StateHome => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-state-home-'));
  const stackFile = join(folder, 'stack.json');
  const stateFile = join(folder, 'state.db');
  let place = stateFile;
  const lives: CliProcess[] = [];
  const write: StateHome['write'] = (functions) => writeSampleStack(stackFile, functions);
  write({ idle });
  const end = endWithTest(async () => {
    for (const life of lives) life[Symbol.dispose]();
    await Promise.all(lives.map(({ ended }) => ended));
    rmSync(folder, { recursive: true });
    for (const file of new Set([stateFile, place])) await removeAllOf(file);
  });
  return {
    stateFile,
    write,
    move: () => {
      const moved = join(folder, 'moved.db');
      // With what SQLite has beside it after a kill.
      for (const end of ['', '-wal', '-shm']) if (existsSync(place + end)) renameSync(place + end, moved + end);
      place = moved;
      return moved;
    },
    start: (...args) => {
      const own = ['--port', '0', '--pull', 'never', '--state', place, '--log-level', 'debug', '--json'];
      const life = startCli(['start', stackFile, ...own, ...args]);
      lives.push(life);
      return life;
    },
    [Symbol.asyncDispose]: end,
  };
};

/** What a test that failed has left; one that went well has stopped its last emulator. */
const removeAllOf = async (stateFile: string): Promise<void> => {
  for (const [list, remove] of [
    ['ps -aq', 'rm -fv'],
    ['network ls -q', 'network rm'],
    ['volume ls -q', 'volume rm'],
  ] as const) {
    const listed = await docker(...list.split(' '), '--filter', `label=io.cycle.emulator.state=${stateFile}`);
    if (listed !== '') await docker(...remove.split(' '), ...listed.split('\n'));
  }
};

/** However long the next start with the file takes, the leases go on: by its clock they end an hour later. */
export const lengthenLeases = (stateFile: string): void => {
  const file = new DatabaseSync(stateFile);
  file.exec('UPDATE session SET clock_at = clock_at - 3600000');
  file.close();
};

type Ready = {
  readonly url: string;
  readonly session: string;
  readonly state: { readonly path: string; readonly claims: number; readonly runs: number };
  readonly functions: Readonly<Record<string, string>>;
};

/**
 * Resolves when an emulator is ready: with its banner, a caller of its only function, and the size of that one's pool.
 *
 * @param cli the docker CLI, for the daemon that the emulator has
 */
export const whenReady = async (life: CliProcess, cli: typeof docker = docker) => {
  const ready = JSON.parse(await life.line(/"event":"ready"/)) as Ready;
  const size = async (): Promise<number> => {
    const health = await fetch(`${ready.url}/_emulator/health/ready`);
    return ((await health.json()) as { data: { functions: readonly [{ size: number }] } }).data.functions[0].size;
  };
  const list = async (...list: readonly string[]): Promise<readonly string[]> => {
    const listed = await cli(...list, '--filter', `label=io.cycle.emulator.session=${ready.session}`);
    return listed.split('\n').filter((name) => name !== '');
  };
  return {
    ...ready,
    ...callerAt(ready.url, Object.values(ready.functions)[0] ?? ''),
    size,
    /** What the docker CLI lists of all emulators of the session. */
    list,
    /** IDs of the instance's containers that run. */
    running: (instanceId: string) =>
      list('ps', '-q', '--no-trunc', '--filter', `label=io.cycle.emulator.instance=${instanceId}`),
  };
};

/** Kills an emulator, which no process can prevent. */
export const kill = async (life: CliProcess): Promise<void> => {
  life.child.kill('SIGKILL');
  await life.ended;
};

/** Stops an emulator as a user does. */
export const stop = async (life: CliProcess): Promise<Awaited<CliProcess['ended']>> => {
  life.child.kill('SIGINT');
  return await life.ended;
};
