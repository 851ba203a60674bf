import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import { readTextFile } from '../files.ts';
import { mapOf } from '../reading/readers.ts';
import { Report } from '../reading/report.ts';
import { parseText } from '../reading/yaml.ts';
import {
  isVariableName,
  type StackVariables,
  toVariables,
  type VariableSources,
  variableNameRule,
} from './stack-variables.ts';

/**
 * Values of stack variables by name, from a flat map in YAML or JSON. Each is the text it is written as: `1.10` stays
 * `1.10`, and `yes` stays `yes`. Throws an EmulatorError `badOption` that lists all problems and shows no value.
 */
const loadVariablesFile = async (path: string, signal?: AbortSignal): Promise<Readonly<Record<string, string>>> => {
  if (path === '') {
    throw new EmulatorError(
      errorCodes.badOption,
      'Failed to read the stack variables of --var-file "": it is empty. Name a file of values by name, or leave it out.',
    );
  }
  const { text, source } = await readTextFile(path, 'the stack variables', errorCodes.badOption, signal);
  return parseVariablesFile(text, source);
};

export const parseVariablesFile = (text: string, source: string): Readonly<Record<string, string>> => {
  const report = new Report();
  const parsed = parseText(text, report, { scalars: 'texts', expected: 'values by name' });
  const values = parsed === null ? {} : readValues({ ...parsed, path: [], report, hidden: true });
  const problems = report.problemLines(source);
  if (problems.length === 0) return values;
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  throw new EmulatorError(
    errorCodes.badOption,
    [
      `Failed to read the stack variables ${source}: it has ${count}. Correct the file where it says:`,
      ...problems,
    ].join('\n'),
  );
};

const readValues = mapOf((entry, name) => {
  if (!isVariableName(name)) entry.report.problem(entry.path, `not a name of a variable, expected ${variableNameRule}`);
  if (typeof entry.value === 'string') return entry.value;
  const expected = 'expected text, a number, true or false: put a map or a list in quotes, as one text';
  entry.report.problem(entry.path, `got ${Array.isArray(entry.value) ? 'a list' : 'a map'}, ${expected}`);
  return null;
});

/** Throws an EmulatorError where a name is impossible or the file cannot be read, or the signal's reason. */
export const loadVariables = async (sources: VariableSources, signal?: AbortSignal): Promise<StackVariables> => {
  const { variablesFile } = sources;
  return toVariables(sources, variablesFile === undefined ? {} : await loadVariablesFile(variablesFile, signal));
};
