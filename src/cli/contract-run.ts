import type { ContractOptions, Progress } from '../../contract-tests/model/options.ts';
import { type ContractResult, exitCodes } from '../../contract-tests/model/result.ts';
import { renderDetail, renderEnd, renderProgress, type Screen, wholeScreen } from '../../contract-tests/report/text.ts';
import { writeReports } from '../../contract-tests/report/write.ts';
import { runContract } from '../../contract-tests/suites/index.ts';
import { toMessage } from '../shared/errors.ts';
import type { Configuration } from './configuration/read.ts';
import { createCounter } from './contract-counter.ts';
import { reportingFailures } from './contract-failures.ts';
import { planRun } from './contract-plan.ts';
import { type ContractFlags, loadConfiguration } from './contract-settings.ts';
import { openTarget } from './contract-target.ts';
import { print, printError, printJson } from './output.ts';
import { listenForStopSignal, StopRequested } from './stop-signal.ts';

/** `contract`: runs the contract suite against a scheduler, writes the reports, and answers the exit code. */
export const contract = async (flags: ContractFlags & Output): Promise<number> =>
  await reportingFailures(async () => {
    const configuration = await loadConfiguration(flags);
    const result = await runConfigured(configuration, flags);
    if (flags.json) printJson(result);
    else printResult(result, flags.verbose ?? false);
    const folder = configuration.values['report-dir'];
    if (typeof folder === 'string' && !(await haveWritten(folder, result))) return exitCodes['suite-error'];
    return result.exitCode;
  });

export type Output = { readonly json: boolean; readonly verbose?: boolean };

const printResult = (result: ContractResult, isVerbose: boolean): void => {
  if (isVerbose && result.cases.length > 0) print(renderDetail(result));
  print(renderEnd(result, isVerbose ? wholeScreen : toScreen(process.stdout.columns)));
};

const toScreen = (columns: number | undefined): Screen | undefined =>
  columns === undefined ? undefined : { lines: 24, columns };

/** Runs the contract as configured; the target's own advice counts where the configuration says nothing. */
export const runConfigured = async (
  configuration: Configuration,
  { json, verbose = false }: Output,
): Promise<ContractResult> => {
  // A second signal must not leave instances behind, and no emulator: it is ignored, since all that waits has an end.
  const signal = listenForStopSignal(() => printError('Still releasing what is open; this takes seconds.'));
  // Before anything is started, so that no image is made for a run that cannot be.
  const plan = await planRun(configuration);
  await using target = await openTarget(plan, configuration, { json, signal });
  const counter = createCounter(json || verbose);
  const report = (progress: Progress): void => {
    if (verbose && !json && progress.type === 'case-ended') print(renderProgress(progress.case));
    counter.report(progress);
  };
  const options = { ...target.options, ...plan.options, signal, onProgress: report } as ContractOptions;
  const result = await runContract(options);
  counter.end();
  // A bug stops a run as a signal does, but it must not look like the user's request.
  if (signal.aborted && !(signal.reason instanceof StopRequested)) throw signal.reason;
  return result;
};

const haveWritten = async (folder: string, result: ContractResult): Promise<boolean> => {
  try {
    await writeReports(folder, result);
    return true;
  } catch (error) {
    printError(`Failed to write the reports into ${folder}: ${toMessage(error)}. Choose a folder that can be written.`);
    return false;
  }
};
