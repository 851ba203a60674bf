import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { readTextFile } from '../shared/read-small-file.ts';
import { Cursor } from './reading/cursor.ts';
import { mapOf } from './reading/fields.ts';
import { correctFile, Report, toProblemsError } from './reading/report.ts';
import { parseText } from './reading/yaml.ts';
import { isVariableName, variableNameRule } from './variables/stack-variables.ts';

/**
 * Values of stack variables by name, from a flat map in YAML or JSON. Each is the text it is written as: `1.10` stays
 * `1.10`, and `yes` stays `yes`. Throws an EmulatorError `badOption` that lists all problems and shows no value.
 */
export const readVariablesFile = async (
  path: string,
  signal?: AbortSignal,
): Promise<Readonly<Record<string, string>>> => {
  if (path === '') {
    throw new EmulatorError(
      errorCodes.badOption,
      'Failed to read the stack variables of --var-file "": it is empty. Name a file of values by name, or leave it out.',
    );
  }
  const { text, source } = await readTextFile(path, 'the stack variables', { signal });
  return parseVariablesFile(text, source);
};

export const parseVariablesFile = (text: string, source: string): Readonly<Record<string, string>> => {
  const report = new Report();
  const parsed = parseText(text, report, { scalars: 'texts', expected: 'values by name' });
  const values = parsed === null ? {} : readValues(new Cursor({ ...parsed, report, hidden: true }));
  const problems = report.problemLines(source);
  if (problems.length === 0) return values;
  const attempt = `read the stack variables ${source}`;
  throw toProblemsError(errorCodes.badOption, { attempt, remedy: correctFile }, problems);
};

const readValues = mapOf((entry, name) => {
  if (!isVariableName(name)) entry.problem(`not a name of a variable, expected ${variableNameRule}`);
  if (typeof entry.value === 'string') return entry.value;
  const expected = 'expected text, a number, true or false: put a map or a list in quotes, as one text';
  entry.problem(`got ${Array.isArray(entry.value) ? 'a list' : 'a map'}, ${expected}`);
  return null;
});
