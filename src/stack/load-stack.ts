import { lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { readTextFile } from '../shared/read-small-file.ts';
import { quote } from '../shared/render-value.ts';
import { didYouMean } from '../shared/suggest.ts';
import { deepFreeze, isBelow, isRecord } from '../shared/values.ts';
import type { FileContext, Found, Kind, Stack } from './model.ts';
import { readStack } from './read-stack.ts';
import { correctFile, Report, toProblemsError } from './reading/report.ts';
import { substituteInObject } from './reading/substitute-in-object.ts';
import { parseText } from './reading/yaml.ts';
import {
  noVariables,
  type StackVariables,
  Substitution,
  toVariables,
  type VariableSources,
} from './variables/stack-variables.ts';
import { readVariablesFile } from './variables-file.ts';

/** What a file is that is no stack but resembles one; null of anything else. */
const explainOtherFile = (value: unknown): string | null => {
  if (!isRecord(value) || 'containers' in value) return null;
  if (typeof value['apiVersion'] === 'string' && typeof value['kind'] === 'string') {
    return 'this is a Kubernetes manifest, expected a Cycle stack with version and containers: docs/fixtures.md shows one';
  }
  return isCompose(value)
    ? 'this is a Compose file, expected a Cycle stack with version and containers: docs/from-compose.md says where each field of it goes'
    : null;
};

const isCompose = ({ services }: Readonly<Record<string, unknown>>): boolean =>
  isRecord(services) &&
  Object.values(services).some(
    (service) => isRecord(service) && (typeof service['image'] === 'string' || 'build' in service),
  );

/** What messages call a stack that has no file; IDs that it does not state are derived from these words. */
const builtInCode = 'stack built in code';

type ParseOptions = FileContext & {
  /** What messages call the stack: the path of its file, or a word where it was built in code. */
  readonly source: string;
  /** None without it. */
  readonly variables?: StackVariables;
};

/**
 * Reads a stack from the text of a file, YAML or JSON, or from the object such a text would give. Looks at nothing but its
 * arguments. Throws an EmulatorError `stackInvalid` that lists all problems at once, and then all warnings.
 */
export const parseStack = (input: unknown, options: ParseOptions): Stack => {
  const report = new Report();
  const substitution = new Substitution(options.variables ?? noVariables);
  const parsed =
    typeof input === 'string'
      ? parseText(input, report, { substitution })
      : { value: substituteInObject(input, report, substitution) };
  const stack = parsed === null ? null : read(parsed.value, report, substitution, options);
  const problems = report.problemLines(options.source);
  const warnings = report.warningLines(options.source);
  if (stack === null || problems.length > 0) {
    const isInCode = options.source === builtInCode;
    const failure = isInCode
      ? { attempt: `read the ${builtInCode}`, remedy: 'Correct it where it says' }
      : { attempt: `read the stack ${options.source}`, remedy: correctFile };
    const more = warnings.length === 0 ? [] : ['Warnings:', ...warnings];
    throw toProblemsError(errorCodes.stackInvalid, failure, problems, more);
  }
  return deepFreeze({ ...stack, warnings });
};

const read = (value: unknown, report: Report, substitution: Substitution, options: ParseOptions) => {
  const other = explainOtherFile(value);
  if (other !== null) {
    report.problem([], other);
    return null;
  }
  for (const name of substitution.unused) {
    const hint = didYouMean(name, substitution.names);
    report.problem(
      [],
      `the variable ${name} is given (with --var or the option variables), and nothing in the stack uses it${hint}`,
      null,
    );
  }
  return readStack(value, report, options.source, options);
};

export type LoadOptions = VariableSources & {
  /**
   * Folder that stands for the root of the repository: `context_dir` and `build_file` are paths from there, and nothing
   * outside it is read. The stack file's folder without it, or the working directory of a stack that was built in code.
   */
  readonly root?: string | undefined;
  /** Ends the wait for a pipe that a stack or its variables are read from; the load then fails with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
};

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
      `Failed to use the root ${quote(root)}: ${reason}. Name the folder that the stack's paths start at.`,
    );
  }
  const realRoot = real ?? path;
  return { root: realRoot, stackDir, look: (at) => look(realRoot, at) };
};

const look = (root: string, path: string): Found => {
  const real = realPathOf(path);
  if (real === null) return { kind: orNull(() => lstatSync(path))?.isSymbolicLink() ? 'dead-link' : 'nothing', path };
  return isBelow(root, real) ? { kind: kindOf(real), path: real } : { kind: 'outside', path: real };
};

const realPathOf = (path: string): string | null => orNull(() => realpathSync(path));

const kindOf = (path: string): Kind => {
  const found = orNull(() => statSync(path));
  if (found === null) return 'nothing';
  if (found.isDirectory()) return 'directory';
  return found.isFile() ? 'file' : 'special';
};

/** Null where it is not there, not to be looked at, or no path at all: none of it can be built from. */
const orNull = <Value>(find: () => Value): Value | null => {
  try {
    return find();
  } catch {
    return null;
  }
};

/** Throws an EmulatorError where a name is impossible or the file cannot be read, or the signal's reason. */
export const loadVariables = async (sources: VariableSources, signal?: AbortSignal): Promise<StackVariables> => {
  const { variablesFile } = sources;
  return toVariables(sources, variablesFile === undefined ? {} : await readVariablesFile(variablesFile, signal));
};

/**
 * Reads a stack file, YAML or JSON by its content, and looks whether its build contexts are there.
 * Throws an EmulatorError: `stackInvalid` where the stack cannot be used, `badOption` where the root is no folder or the
 * sources of its variables cannot be read.
 */
export const loadStack = async (path: string, { root, signal, ...sources }: LoadOptions = {}): Promise<Stack> => {
  const places = loadPlaces(root, dirname(resolve(path)));
  const variables = await loadVariables(sources, signal);
  const { text, source } = await readTextFile(path, 'the stack', { code: errorCodes.stackInvalid, signal });
  return parseStack(text, { source, ...places, variables });
};

/** A stack as one would write it into a file, as an object. */
export type RawStack = {
  readonly version: string;
  readonly containers: Readonly<Record<string, object>>;
  readonly [section: string]: unknown;
};

/** Reads a stack that was built in code. Throws like `loadStack`. */
export const loadRawStack = async (stack: RawStack, { root, signal, ...sources }: LoadOptions = {}): Promise<Stack> => {
  const places = loadPlaces(root, process.cwd());
  const variables = await loadVariables(sources, signal);
  return parseStack(stack, { source: builtInCode, ...places, variables });
};
