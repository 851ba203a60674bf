import { join } from 'node:path';
import type { ContractOptions, Progress } from '../../../contract-tests/model/options.ts';
import { type ContractResult, exitCodes } from '../../../contract-tests/model/result.ts';
import { renderDetail, renderEnd, renderProgress, wholeScreen } from '../../../contract-tests/report/text.ts';
import { writeReports } from '../../../contract-tests/report/write.ts';
import { runContract } from '../../../contract-tests/suites/index.ts';
import type { Emulator } from '../../emulator/public-types.ts';
import { packageRoot } from '../../shared/package.ts';
import { type StackFlags, toLoadOptions } from '../options.ts';
import { createImageReporter, print, printError, printJson } from '../output.ts';
import { listenForStopSignal, StopRequested } from '../stop-signal.ts';
import { type Plan, planRun, toUnwritable } from './plan.ts';
import { type Configuration, type ContractFlags, loadConfiguration } from './read-settings.ts';

/** `contract`: runs the contract suite against a scheduler, writes the reports, and answers the exit code. */
export const contract = async (flags: ContractFlags): Promise<number> => {
  const configuration = await loadConfiguration(flags);
  const result = await runConfigured(configuration, flags);
  if (flags.json) printJson(result);
  else printResult(result, flags.verbose ?? false);
  const folder = configuration.values['report-dir'];
  try {
    if (typeof folder === 'string') await writeReports(folder, result);
    return result.exitCode;
  } catch (error) {
    printError(toUnwritable(folder, error).message);
    return exitCodes['suite-error'];
  }
};

const printResult = (result: ContractResult, isVerbose: boolean): void => {
  if (isVerbose && result.cases.length > 0) print(renderDetail(result));
  const { columns } = process.stdout;
  const screen = columns === undefined ? undefined : { lines: 24, columns };
  print(renderEnd(result, isVerbose ? wholeScreen : screen));
};

/** Runs the contract as configured; the target's own advice counts where the configuration says nothing. */
export const runConfigured = async (
  configuration: Configuration,
  { json, verbose = false }: ContractFlags,
): Promise<ContractResult> => {
  // A second signal must not leave instances behind, and no emulator: it is ignored, since all that waits has an end.
  const signal = listenForStopSignal(() => printError('Still releasing what is open; this takes seconds.'));
  // Before anything is started, so that no image is made for a run that cannot be.
  const plan = await planRun(configuration);
  await using target = await openTarget(plan, configuration, json, signal);
  const count = createCounter(json || verbose);
  const report = (progress: Progress): void => {
    if (verbose && !json && progress.type === 'case-ended') print(renderProgress(progress.case));
    count(progress);
  };
  const result = await runContract({
    ...target.options,
    ...plan.options,
    ...{ signal, onProgress: report },
  } as ContractOptions);
  count(null);
  // A bug stops a run as a signal does, but it must not look like the user's request.
  if (signal.aborted && !(signal.reason instanceof StopRequested)) throw signal.reason;
  return result;
};

/** How far a run has come, on one line of a terminal that is written over; null ends it. Nothing where no terminal is. */
const createCounter = (isQuiet: boolean): ((progress: Progress | null) => void) => {
  const stream = process.stderr;
  if (isQuiet || !stream.isTTY) return () => {};
  let all = 0;
  let ended = 0;
  const write = (line: string): void => {
    stream.write(`\r\u001b[2K${line.slice(0, Math.max(0, stream.columns - 1))}`);
  };
  return (progress) => {
    if (progress === null) write('');
    else if (progress.type === 'target') all = progress.cases;
    else if (progress.type === 'case-ended') ended += 1;
    else if (progress.type === 'case-started') write(`${ended} of ${all}: ${progress.id} ${progress.requirement}`);
    else if (progress.type === 'cleaning') write(`releasing ${progress.open}`);
  };
};

/** What suits a target that was started for the run. Disposing stops it. */
type ContractTarget = AsyncDisposable & { readonly options: Partial<ContractOptions> };

/** The domains of fixtures/probe.yaml, at the emulator's own gateway. */
const toLinked = ({ gatewayUrl, stack }: Emulator): Pick<ContractOptions, 'linked'> => {
  if (gatewayUrl === null) return {};
  const { port } = new URL(gatewayUrl);
  const toHost = (name: string): string => `${name}.localhost:${port}`;
  return {
    linked: {
      url: gatewayUrl,
      hosts: stack.functions.map(({ identifier }) => toHost(identifier)),
      lateHost: toHost('probe-late'),
      silentHost: toHost('probe-silent'),
    },
  };
};

/**
 * Nothing where the settings name a target; else an emulator on a free port, whose clock the run may move: no lease is
 * waited for.
 */
const openTarget = async (
  { options }: Plan,
  { values }: Configuration,
  json: boolean,
  signal: AbortSignal,
): Promise<ContractTarget> => {
  if (options.url !== undefined) return { options: {}, [Symbol.asyncDispose]: () => Promise.resolve() };
  // Only now: most runs against another scheduler need no emulator.
  const { startEmulator } = await import('../../emulator/start-emulator.ts');
  // By their kind, texts and a list of texts.
  const {
    stack,
    root,
    var: variables,
    'var-file': varFile,
  } = values as StackFlags & Record<string, string | undefined>;
  const runtime = values['runtime'] === 'simulated' ? 'simulated' : 'docker';
  const emulator = await startEmulator({
    stack: stack ?? join(packageRoot, 'fixtures', 'probe.yaml'),
    ...toLoadOptions({ root, var: variables, varFile }),
    ...{ runtime, signal, onImageProgress: createImageReporter(json) },
  });
  const { functions, otherContainers } = emulator.stack;
  const [other] = otherContainers;
  const isProbe = stack === undefined && runtime === 'docker';
  return {
    options: {
      url: emulator.url,
      accessKey: emulator.accessKey,
      containers: functions.map(({ containerId }) => containerId),
      ...(other === undefined ? {} : { nonFunctionContainer: other.containerId }),
      advanceClock: (ms) => emulator.clock.advance(ms),
      // A simulation runs nothing that could report. What it does by itself takes only the time of a busy machine.
      ...(runtime === 'simulated' ? { callback: { mode: 'off' }, settleMs: 1_000 } : {}),
      ...(isProbe ? { callback: { mode: 'required' }, ...toLinked(emulator) } : {}),
    },
    [Symbol.asyncDispose]: () => emulator.stop(),
  };
};
