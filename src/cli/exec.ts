import type { Emulator } from '../emulator/start-emulator.ts';
import type { ImageProgress } from '../runtime/port.ts';
import { startCommand } from './command.ts';
import { createImageReporter } from './output.ts';
import { type EmulatorFlags, readStack, startStack } from './start-stack.ts';
import { codeOfSignal, listenForStopSignal, StopRequested } from './stop-signal.ts';
import { stopWithParent } from './with-parent.ts';

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
