import { findNameProblem, findValueProblem } from '../environment/variables.ts';
import type { ContainerId } from '../shared/ids.ts';
import { didYouMean } from '../shared/suggest.ts';
import type { ContainerFile } from '../shared/types.ts';
import { deferred, type Fields, field, ignored, passed, readBy, readFields, withVariants } from './reading/fields.ts';
import {
  type Cursor,
  child,
  describedBy,
  hidden,
  hide,
  isAbsent,
  listOf,
  mapOf,
  oneOf,
  type Parsed,
  type Reader,
  readBoolean,
  readString,
  reject,
  required,
  shown,
  text,
  warnUnsupported,
} from './reading/readers.ts';
import { fileFields, readFileAccess, toFile } from './variable-files.ts';

/** A variable's value; it may be a secret and is never shown. */
const readVariableValue = (at: Cursor, name = ''): string | null =>
  text((value): Parsed<string> => {
    const problem = findValueProblem(name, value);
    return problem === null ? { ok: true, value } : { ok: false, expected: `a value for a process: ${problem}` };
  })(hide(at));

/** `environment_vars`: what a process's environment can hold, which is less than what a map can. */
export const readEnvironmentVariables = describedBy(
  { additionalProperties: { type: 'string' } },
  (at: Cursor): Readonly<Record<string, string>> =>
    Array.isArray(at.value) ? (reject(at, 'an object, such as { NAME: value }') ?? {}) : readMap(hide(at)),
);

const readMap = mapOf((entry, name) => {
  if (findNameProblem(name) !== null) {
    entry.report.problem(entry.path, 'not a name for a variable, expected one that is not empty and has no = or NUL');
    return null;
  }
  if (entry.value === null) {
    entry.report.problem(entry.path, 'no value, expected a string: write "" for an empty one');
    return null;
  }
  return readVariableValue(entry, name);
});

/** A container as scopes name it. */
export type Target = { readonly identifier: string; readonly containerId: ContainerId };

/** A variable that reaches some containers of the environment, as an environment variable, as a file, or both. */
export type ScopedVariable = {
  /** Of the environment variable; null where there is none. */
  readonly key: string | null;
  readonly value: string;
  readonly file: ContainerFile | null;
  readonly reaches: (target: Target) => boolean;
};

const parseName = (name: string): Parsed<string> =>
  findNameProblem(name) === null
    ? { ok: true, value: name }
    : { ok: false, expected: 'the name of a variable, not empty and without = or NUL' };

/** A name of nothing is only a warning: a scope may name what other stacks bring into the environment. */
const readName =
  (known: readonly string[]): Reader<string> =>
  (at) => {
    const name = readString(at);
    if (name !== null && !known.includes(name)) {
      at.report.warn(at.path, `${JSON.stringify(name)} is not a container of this stack${didYouMean(name, known)}`);
    }
    return name;
  };

const scopeFields = (targets: readonly Target[]) => ({
  global: field('boolean', readBoolean, '`false`', 'all containers'),
  identifiers: field('texts', listOf(readName(targets.map(({ identifier }) => identifier))), 'none'),
  ids: field('texts', listOf(readName(targets.map(({ containerId }) => containerId))), 'none'),
});

const readReach =
  (targets: readonly Target[]): Reader<ScopedVariable['reaches']> =>
  (at) => {
    if (isAbsent(at)) return reject(at, 'an object with global, identifiers or ids');
    const scope = readFields(at, scopeFields(targets));
    return ({ identifier, containerId }) =>
      scope?.global || scope?.identifiers?.includes(identifier) || scope?.ids?.includes(containerId) || false;
  };

const keyFields = { key: field('text', text(parseName), 'the identifier') };

/** Older stacks say true or false here, and the variable is called like its identifier (documented). */
const readAccess: Reader<{ readonly key: string | null }> = describedBy({ type: ['object', 'boolean'] }, (at) => {
  if (typeof at.value === 'boolean') return at.value ? { key: null } : null;
  return isAbsent(at) ? null : readFields(at, keyFields);
});

const rawFields = {
  value: field('text', required(hidden(readString), 'a string'), 'required'),
  secret: deferred('object', 'none', 'encrypted values are not supported: the variable is left out, with a warning'),
  blob: passed('boolean'),
};

const sourceFields = {
  type: field(
    'word',
    shown(required(oneOf(['raw', 'url']), 'raw or url')),
    'required',
    '`raw`; of `url` the variable is left out, with a warning',
  ),
  details: deferred('object', 'required', '', rawFields),
};

const readSource: Reader<string> = (at) => {
  if (isAbsent(at)) {
    at.report.leaveOut(at.path, 'no source, and so no value here: variable ignored');
    return null;
  }
  const given = readFields(at, sourceFields);
  if (given?.type === 'url')
    at.report.leaveOut(at.path, 'values from a URL are not supported by the emulator, variable ignored');
  return given?.type === 'raw' && given.details ? readRawSource(given.details) : null;
};

const readRawSource: Reader<string> = (at) => {
  const given = readFields(at, rawFields);
  const text = 'encrypted values are not supported by the emulator, variable ignored';
  return given?.secret && warnUnsupported(given.secret, text) ? null : (given?.value ?? null);
};

/** Only values are secrets. */
const shownSection = <Declared extends Fields>(fields: Declared) =>
  readBy(
    shown((at) => readFields(at, fields)),
    fields,
  );

/** An entry of `scoped_variables`, where these containers are. */
export const variableFields = (targets: readonly Target[]) => ({
  identifier: field('text', shown(required(text(parseName), 'the name of a variable')), 'required'),
  scope: shownSection({
    containers: readBy(readReach(targets), scopeFields(targets), 'required', 'those it reaches'),
  }),
  access: shownSection({
    env_variable: readBy(
      readAccess,
      keyFields,
      'none',
      '`{}` and, in older stacks, `true` name it like its identifier',
    ),
    internal_api: ignored('object'),
    file: readBy(readFileAccess, fileFields, 'none', 'a file in each container, with the value in it'),
  }),
  source: withVariants(
    readBy(readSource, sourceFields, 'none', 'without one the variable is left out, with a warning'),
    'type',
    { raw: sourceFields },
  ),
});

/** Reads `scoped_variables`: those that are raw and reach containers as environment variables or files. */
export const readScopedVariables = (at: Cursor, targets: readonly Target[]): readonly ScopedVariable[] => {
  const fields = variableFields(targets);
  return listOf((item) => {
    const { identifier, scope, access, source: value = null } = readFields(item, fields) ?? {};
    const reaches = scope?.containers ?? null;
    if (!identifier || value === null || reaches === null) return null;
    const valueAt = ['source', 'details', 'value'].reduce(child, item);
    const variable = access?.env_variable ?? null;
    const key = variable && (variable.key ?? identifier);
    if (key !== null) readVariableValue(valueAt, key);
    const file = access?.file ? toFile(access.file, identifier, value, valueAt) : null;
    return { key, value, file, reaches };
  })(hide(at));
};

/** PARITY: of two variables with the same key the later one holds. */
export const variablesFor = (target: Target, variables: readonly ScopedVariable[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    variables.flatMap(({ key, value, reaches }) => (key !== null && reaches(target) ? [[key, value]] : [])),
  );

/** Of two variables with the same path, too. */
export const filesFor = (target: Target, variables: readonly ScopedVariable[]): readonly ContainerFile[] => {
  const files = variables.flatMap(({ file, reaches }) => (file !== null && reaches(target) ? [file] : []));
  return [...new Map(files.map((file) => [file.path, file])).values()];
};
