import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Emulator } from '../../emulator/start-emulator.ts';
import type { ImageProgress } from '../../runtime/port.ts';
import { startWatchdog } from '../../runtime/watchdog/start-watchdog.ts';
import { toMessage } from '../../shared/errors.ts';
import { createImageReporter, printError, printWarnings } from '../output.ts';
import { type EmulatorFlags, readStack, startStack } from '../start/start-stack.ts';
import { codeOfSignal, listenForStopSignal, StopRequested, stopWithParent } from '../stop-signal.ts';

/** As `env`, `timeout` and `docker run` have it: what failed is this command, and not the one that it runs. */
export const execFailed = 125;

const exitAtOnce = (signal: NodeJS.Signals): never => process.exit(codeOfSignal(signal));

/**
 * `exec [stack] -- <command>`: runs the command beside an emulator of its own, passes signals on to it and answers its
 * exit code; then nothing of both is left. Throws where the emulator fails; the command has ended then, or never ran.
 */
export const exec = async (
  path: string | undefined,
  command: readonly string[],
  flags: EmulatorFlags,
): Promise<number> => {
  let onFurtherSignal: (signal: NodeJS.Signals) => void = exitAtOnce;
  const stopSignal = listenForStopSignal((signal) => onFurtherSignal(signal));
  // A parent that has ended awaits no exit code: npx, for one, passes a signal on to no more than its shell.
  stopWithParent({ stdin: false });
  try {
    const onImageProgress = reportUnlessThere(createImageReporter(flags.json));
    const { stack } = await readStack(path, flags, stopSignal);
    if (path === undefined)
      printError(
        `Runs beside the hello example, ${stack.source}. To name a stack: cycle-scheduler exec stack.yaml -- …`,
      );
    await using emulator = await startStack(stack, flags, stopSignal, onImageProgress);
    stopSignal.throwIfAborted();
    await using running = startCommand(command, environmentFor(emulator), flags.watchdog);
    onFurtherSignal = running.signal;
    stopSignal.addEventListener('abort', () => running.signal(signalOf(stopSignal.reason)));
    const code = await running.ended;
    onFurtherSignal = exitAtOnce;
    if (stopSignal.aborted && !(stopSignal.reason instanceof StopRequested)) throw stopSignal.reason;
    return code;
  } catch (error) {
    if (error instanceof StopRequested) return codeOfSignal(error.signal);
    throw error;
  }
};

/** An image that is there already is no news beside the command's output. */
const reportUnlessThere = (report: (progress: ImageProgress) => void) => {
  const awaited = new Set<string>();
  return (progress: ImageProgress): void => {
    if (progress.fraction !== 1) awaited.add(progress.image);
    if (awaited.has(progress.image)) report(progress);
  };
};

/** After a failure of the emulator the command is to end, too. */
const signalOf = (reason: unknown): NodeJS.Signals => (reason instanceof StopRequested ? reason.signal : 'SIGTERM');

/** Those of an emulator around this one would lead to that. */
const ofAnother = /^CYCLE_(FUNCTION_.+|GATEWAY_URL|ACCESS_KEY|SCHEDULER_(URL|CONTROL_URL|GATEWAY_URL))$/;

const environmentFor = (emulator: Emulator): NodeJS.ProcessEnv => {
  const { url, gatewayUrl, controlUrl, accessKey, stack } = emulator;
  const inherited = Object.entries(process.env).filter(([name]) => !ofAnother.test(name));
  // Names of functions consist of a to z, digits and hyphens, so no two become the same variable.
  const functions = stack.functions.map(({ identifier, containerId }) => [
    `CYCLE_FUNCTION_${identifier.toUpperCase().replaceAll('-', '_')}`,
    containerId,
  ]);
  return {
    ...Object.fromEntries([...inherited, ...functions]),
    CYCLE_SCHEDULER_URL: url,
    ...(accessKey === '' ? {} : { CYCLE_ACCESS_KEY: accessKey }),
    ...(gatewayUrl === null ? {} : { CYCLE_GATEWAY_URL: gatewayUrl }),
    ...(controlUrl === null || controlUrl === url ? {} : { CYCLE_SCHEDULER_CONTROL_URL: controlUrl }),
  };
};

/** What a shell reports for a program that cannot be run, and for one that there is not. */
const codes = { cannotRun: 126, notFound: 127 } as const;

/** How long what a command leaves may take to end by itself. */
const graceMs = 1_000;

/**
 * Runs a command with this process's stdin, stdout and stderr, in a process group of its own: so a signal reaches all that it
 * has started. Disposing ends what still runs in the group, by SIGTERM, and SIGKILL a second later.
 *
 * @param isWatched whether the group is killed when this process is
 */
const startCommand = ([program = '', ...args]: readonly string[], env: NodeJS.ProcessEnv, isWatched: boolean) => {
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
    /** Its exit code as a shell reports it: 128 and the signal's number where a signal has ended it. */
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
