import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import { isVariableName, variableNameRule } from './variable-name.ts';

/**
 * Values by name from arguments `name=value`. Throws an EmulatorError `badOption` that shows no value: an argument without
 * "=" may be a value whose name was forgotten.
 */
export const parseVariableArguments = (given: readonly string[]): Readonly<Record<string, string>> => {
  const values = new Map<string, string>();
  for (const [index, argument] of given.entries()) {
    const [name, value] = splitAtEquals(argument);
    if (value === null) throw badArgument(`number ${index + 1} has no "="`);
    if (name === '') throw badArgument(`number ${index + 1} has no name before its "="`);
    if (!isVariableName(name)) throw badArgument(`${JSON.stringify(name)} is not a name of a variable`);
    if (values.has(name)) throw badArgument(`${name} is given twice`);
    values.set(name, value);
  }
  return Object.fromEntries(values);
};

const splitAtEquals = (argument: string): readonly [string, string | null] => {
  const at = argument.indexOf('=');
  return at === -1 ? [argument, null] : [argument.slice(0, at), argument.slice(at + 1)];
};

const badArgument = (reason: string): EmulatorError =>
  new EmulatorError(
    errorCodes.badOption,
    `Failed to read --var: ${reason}. Write --var name=value, with a name of ${variableNameRule}.`,
  );
