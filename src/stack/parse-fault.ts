import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { deepFreeze } from '../shared/values.ts';
import type { Fault } from './fault.ts';
import { readFault } from './faults.ts';
import { Report } from './reading/report.ts';

/**
 * Reads a fault that is armed at run time, in the words of a stack file. Throws an EmulatorError `badOption` that lists
 * all problems at once; an unknown field is one of them, since there is no file's reader to warn.
 */
export const parseFault = (input: unknown, containers: readonly string[]): Fault => {
  const report = new Report();
  const fault = readFault({ value: input ?? {}, path: [], report, hidden: false }, containers);
  const problems = [...report.problemLines('fault'), ...report.warningLines('fault').map((line) => `fault ${line}`)];
  if (fault !== null && problems.length === 0) return deepFreeze(fault);
  throw new EmulatorError(
    errorCodes.badOption,
    [
      `Failed to read a fault: it has ${problems.length === 1 ? 'one problem' : `${problems.length} problems`}. Correct it:`,
      ...problems,
    ].join('\n'),
  );
};
