import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { startWatchdog } from '../runtime/watchdog/start-watchdog.ts';
import { toMessage } from '../shared/errors.ts';
import { printError, printWarnings } from './output.ts';
import { codeOfSignal } from './stop-signal.ts';

/** What a shell reports for a program that cannot be run, and for one that there is not. */
const codes = { cannotRun: 126, notFound: 127 } as const;

/** How long what a command leaves may take to end by itself. */
const graceMs = 1_000;

/**
 * A command that runs, with this process's stdin, stdout and stderr, in a process group of its own: so a signal reaches
 * all that it has started. Disposing ends what still runs in the group, by SIGTERM, and SIGKILL a second later.
 */
type Command = AsyncDisposable & {
  /** Its exit code as a shell reports it: 128 and the signal's number where a signal has ended it. */
  readonly ended: Promise<number>;
  signal(signal: NodeJS.Signals): unknown;
};

/** @param isWatched whether the group is killed when this process is */
export const startCommand = (
  [program = '', ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
  isWatched: boolean,
): Command => {
  const onNoWatchdog = (reason: string): void =>
    printWarnings([`no watchdog: if this process is killed, "${program}" goes on (${reason})`]);
  // First, so that no kill comes between the two.
  const watchdog = isWatched ? startWatchdog(null, onNoWatchdog) : null;
  const ended = Promise.withResolvers<number>();
  const fail = (error: unknown): void => ended.resolve(reportFailure(program, error));
  let group: number | undefined;
  try {
    const child = spawn(program, args, { stdio: 'inherit', detached: true, env });
    group = child.pid;
    child.once('error', fail);
    child.once('exit', (code, signal) => ended.resolve(signal === null ? (code ?? 0) : codeOfSignal(signal)));
  } catch (error) {
    // What the system has no words for, such as arguments that are too long, comes this way.
    fail(error);
  }
  if (group !== undefined) watchdog?.give({ group });

  /** Answers whether any process of the group is there to get it. */
  const signal = (name: NodeJS.Signals | 0): boolean => {
    try {
      return group !== undefined && process.kill(-group, name);
    } catch {
      return false;
    }
  };
  return {
    ended: ended.promise,
    signal,
    [Symbol.asyncDispose]: async () => {
      signal('SIGTERM');
      // No event tells of the end of a process that is no child of this one.
      for (const deadline = performance.now() + graceMs; signal(0) && performance.now() < deadline; ) await pause(20);
      signal('SIGKILL');
      await watchdog?.[Symbol.asyncDispose]();
    },
  };
};

/** @returns the exit code */
const reportFailure = (program: string, error: unknown): number => {
  const { code } = error as NodeJS.ErrnoException;
  const [reason, remedy] =
    code === 'ENOENT'
      ? ['there is no such program on the PATH', 'Check its name, or give its path.']
      : [toMessage(error), 'Name a program that this user may run.'];
  printError(`Failed to run "${program}": ${reason}. ${remedy}`);
  return code === 'ENOENT' ? codes.notFound : codes.cannotRun;
};
