import type { Configuration } from '../contract/configuration/read.ts';
import type { Progress } from '../contract/options.ts';
import { renderEnd, renderProgress } from '../contract/reports/terminal.ts';
import { writeReports } from '../contract/reports/write-reports.ts';
import type { ContractResult } from '../contract/result.ts';
import { runContract } from '../contract/run-contract.ts';
import { exitCodes } from '../contract/vocabulary.ts';
import { EmulatorError, errorCodes, toMessage } from '../errors.ts';
import { type ContractFlags, loadConfiguration, loadOptions } from './contract-settings.ts';
import { openTarget } from './contract-target.ts';
import { print, printError, printJson } from './output.ts';
import { listenForStopSignal, StopRequested } from './stop-signal.ts';

/** `contract`: holds a scheduler to the contract, writes the reports, and answers the exit code. */
export const contract = async (flags: ContractFlags & { readonly json: boolean }): Promise<number> =>
  await withFailuresTold(async () => {
    const configuration = await loadConfiguration(flags);
    const result = await runConfigured(configuration, flags.json);
    if (flags.json) printJson(result);
    else print(renderEnd(result));
    const folder = configuration.values['report-dir'];
    if (typeof folder === 'string' && !(await haveWritten(folder, result))) return exitCodes['suite-error'];
    return result.exitCode;
  });

/** Runs the contract as configured; the target's own advice counts where the configuration says nothing. */
export const runConfigured = async (configuration: Configuration, json: boolean): Promise<ContractResult> => {
  // A second signal must not leave instances behind, and no emulator: it is ignored, since all that waits has an end.
  const signal = listenForStopSignal(() => printError('Still giving back what is open; this takes seconds.'));
  const options = await loadOptions(configuration);
  await using target = await openTarget(configuration, { json, signal });
  const tell = ({ type, ...progress }: Progress): void => {
    if (!json && type === 'case-ended' && 'case' in progress) print(renderProgress(progress.case));
  };
  const { sources } = configuration;
  const result = await runContract({ ...target.options, ...options, sources, signal, onProgress: tell });
  // A bug stops a run as a signal does; that must not pass for somebody's wish.
  if (signal.aborted && !(signal.reason instanceof StopRequested)) throw signal.reason;
  return result;
};

/** One clear line for each failure, and the exit code that says whose it is. Never a stack trace. */
export const withFailuresTold = async (work: () => Promise<number>): Promise<number> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StopRequested) return exitCodes.interrupted;
    const message = error instanceof EmulatorError ? error.message : `Failed unexpectedly: ${toMessage(error)}.`;
    printError(message);
    if (!(error instanceof EmulatorError)) return exitCodes['suite-error'];
    const isSetting = error.code === errorCodes.badOption || error.code === errorCodes.stackInvalid;
    return isSetting ? exitCodes['nothing-said'] : exitCodes.unreachable;
  }
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
