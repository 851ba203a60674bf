import { realpathSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { readTextFile } from '../shared/read-small-file.ts';
import { isBelow } from '../shared/values.ts';
import type { FileContext, Found, Kind } from './model.ts';
import { mapOf } from './reading/readers.ts';
import { correctFile, Report, toProblemsError } from './reading/report.ts';
import { parseText } from './reading/yaml.ts';
import {
  isVariableName,
  type StackVariables,
  toVariables,
  type VariableSources,
  variableNameRule,
} from './variables/stack-variables.ts';

/**
 * How a stack's paths are looked at on this machine.
 *
 * @param root folder that stands for the root of the repository; relative to the working directory
 * @param stackDir where it is without one
 * @throws EmulatorError `badOption` where there is no such folder
 */
export const loadPlaces = (root: string | undefined, stackDir: string): FileContext => {
  const path = resolve(root ?? stackDir);
  // Resolved once, so that a root which is a link holds what lies in its target.
  const real = realPathOf(path);
  if (root !== undefined && (root === '' || real === null || kindOf(real) !== 'directory')) {
    const reason = root === '' ? 'it is empty' : `${path} ${real === null ? 'does not exist' : 'is not a directory'}`;
    throw new EmulatorError(
      errorCodes.badOption,
      `Failed to use the root ${JSON.stringify(root)}: ${reason}. Name the folder that the stack's paths start at.`,
    );
  }
  const realRoot = real ?? path;
  return { root: realRoot, stackDir, look: (at) => look(realRoot, at) };
};

const look = (root: string, path: string): Found => {
  const real = realPathOf(path);
  if (real === null) return { kind: 'nothing', path };
  return isBelow(root, real) ? { kind: kindOf(real), path: real } : { kind: 'outside', path: real };
};

const realPathOf = (path: string): string | null => {
  try {
    return realpathSync(path);
  } catch {
    // Not there, not to be looked at, or no path at all: none of it can be built from.
    return null;
  }
};

const kindOf = (path: string): Kind => {
  try {
    const found = statSync(path);
    if (found.isDirectory()) return 'directory';
    return found.isFile() ? 'file' : 'special';
  } catch {
    return 'nothing';
  }
};

/** A path of the stack as one of this machine. It starts at the root, with a leading slash or without. */
export const fromRoot = (root: string, given: string): string => resolve(join(root, given));

/** A path of this machine as the stack spells it; null where the root does not hold it. */
export const toRootPath = (root: string, path: string): string | null =>
  isBelow(root, path) ? `/${relative(root, path).split(sep).join('/')}` : null;

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
  const { text, source } = await readTextFile(path, 'the stack variables', { signal });
  return parseVariablesFile(text, source);
};

export const parseVariablesFile = (text: string, source: string): Readonly<Record<string, string>> => {
  const report = new Report();
  const parsed = parseText(text, report, { scalars: 'texts', expected: 'values by name' });
  const values = parsed === null ? {} : readValues({ ...parsed, path: [], report, hidden: true });
  const problems = report.problemLines(source);
  if (problems.length === 0) return values;
  const attempt = `read the stack variables ${source}`;
  throw toProblemsError(errorCodes.badOption, { attempt, remedy: correctFile }, problems);
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
