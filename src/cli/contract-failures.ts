import { exitCodes } from '../../contract-tests/model/result.ts';
import { EmulatorError, errorCodes, toMessage } from '../shared/errors.ts';
import { printError } from './output.ts';
import { StopRequested } from './stop-signal.ts';

/**
 * One clear line for each failure, and the exit code that says whose it is. Never a stack trace. Work that ends without
 * an exit code has not said that all is well.
 */
export const reportingFailures = async (work: () => Promise<number>): Promise<number> => {
  try {
    const exitCode: unknown = await work();
    return Number.isInteger(exitCode) ? (exitCode as number) : exitCodes['suite-error'];
  } catch (error) {
    if (error instanceof StopRequested) return exitCodes.interrupted;
    const message = error instanceof EmulatorError ? error.message : `Failed unexpectedly: ${toMessage(error)}.`;
    printError(message);
    if (!(error instanceof EmulatorError)) return exitCodes['suite-error'];
    const isSetting = error.code === errorCodes.badOption || error.code === errorCodes.stackInvalid;
    return isSetting ? exitCodes['nothing-said'] : exitCodes.unreachable;
  }
};
