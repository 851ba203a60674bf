import { posix } from 'node:path';
import { findNameProblem, findValueProblem } from '../environment/variables.ts';
import type { ContainerId } from '../shared/ids.ts';
import type { ContainerFile } from '../shared/types.ts';
import type { Cursor } from './reading/cursor.ts';
import {
  deferred,
  describedBy,
  type Fields,
  field,
  fitting,
  hidden,
  ignored,
  integer,
  listOf,
  mapOf,
  nameAmong,
  oneOf,
  optional,
  type Parsed,
  passed,
  type Reader,
  readBoolean,
  readBy,
  readContainerName,
  readFields,
  readString,
  required,
  shown,
  text,
  type Values,
} from './reading/fields.ts';

/** A variable's value; it may be a secret and is never shown. */
const readVariableValue = (at: Cursor, name = ''): string | null =>
  text((value): Parsed<string> => {
    const problem = findValueProblem(name, value);
    return problem === null ? { ok: true, value } : { ok: false, expected: `a value for a process: ${problem}` };
  })(at.hide());

/** `environment_vars`: what a process's environment can hold, which is less than what a map can. */
export const readEnvironmentVariables = describedBy(
  { additionalProperties: { type: 'string' } },
  (at: Cursor): Readonly<Record<string, string>> =>
    Array.isArray(at.value) ? (at.reject('an object, such as { NAME: value }') ?? {}) : readMap(at.hide()),
);

const readMap = mapOf((entry, name) => {
  if (findNameProblem(name) !== null) {
    entry.problem('not a name for a variable, expected one that is not empty and has no = or NUL');
    return null;
  }
  if (entry.value === null) {
    entry.problem('no value, expected a string: write "" for an empty one');
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

const parseName = fitting(
  (name) => findNameProblem(name) === null,
  'the name of a variable, not empty and without = or NUL',
);

const scopeFields = {
  global: field('boolean', readBoolean, '`false`').about('all containers'),
  identifiers: field('texts', listOf(readContainerName), 'none'),
  ids: field('texts', listOf(nameAmong(({ context }) => context.ids)), 'none'),
};

const readReach: Reader<ScopedVariable['reaches']> = (at) => {
  if (at.isAbsent) return at.reject('an object with global, identifiers or ids');
  const scope = readFields(at, scopeFields);
  return ({ identifier, containerId }) =>
    scope?.global || scope?.identifiers?.includes(identifier) || scope?.ids?.includes(containerId) || false;
};

/** Documented: where the file of a variable lies that names no path. */
const defaultFolder = '/var/run/cycle/variables';

/** The last user that Linux can count. */
const mostId = 2 ** 32 - 2;

/** What engines make in these when a container starts hides what lay there. */
const madeAtStart = /^\/(proc|sys|dev)(\/|$)/;

const isFilePath = (path: string): boolean =>
  /^\/[^\0]{1,4000}$/.test(path) && !path.endsWith('/') && posix.normalize(path) === path && !madeAtStart.test(path);

const parsePath = fitting(
  (path) => path === '' || isFilePath(path),
  'the absolute path of a file, without . and .., and not in /proc, /sys or /dev',
);

const mode = /^([0-7]{3,4})?$/;

const parseMode = (given: string): Parsed<number | null> =>
  mode.test(given)
    ? { ok: true, value: given === '' ? null : Number.parseInt(given, 8) }
    : { ok: false, expected: 'permissions of three or four octal digits, such as "0644"' };

const fileFields = {
  path: field('text', text(parsePath), '`/var/run/cycle/variables/<identifier>`').about('absolute'),
  decode: field('boolean', readBoolean, '`false`').about(
    'whether the value is base64, and the file what that stands for',
  ),
  permissions: field('text', text(parseMode, mode), '`0644`').about('octal digits, in quotes'),
  uid: field('number', integer(0, mostId), '0').about('the user it belongs to'),
  gid: field('number', integer(0, mostId), '0'),
};

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * The file of a variable. PARITY: whose it is and who may read it without `permissions`, `uid` and `gid` is unknown; here all
 * may, since functions run as any user.
 *
 * @param at the variable's value
 */
const toFile = (
  access: Values<typeof fileFields>,
  identifier: string,
  value: string,
  at: Cursor,
): ContainerFile | null => {
  const path = access.path || `${defaultFolder}/${identifier}`;
  if (!isFilePath(path)) return at.reject(`a path beside it, since ${JSON.stringify(identifier)} is no name of a file`);
  const encoded = access.decode ? value.replaceAll(/\s/g, '') : Buffer.from(value).toString('base64');
  if (!base64.test(encoded)) return at.reject('a value in base64, since access.file.decode is true');
  return {
    path,
    base64: encoded,
    mode: access.permissions ?? 0o644,
    uid: access.uid ?? 0,
    gid: access.gid ?? 0,
  };
};

const keyFields = { key: field('text', text(parseName), 'the identifier') };

/** Older stacks say true or false here, and the variable is called like its identifier (documented). */
const readAccess: Reader<{ readonly key: string | null }> = describedBy({ type: ['object', 'boolean'] }, (at) => {
  if (typeof at.value === 'boolean') return at.value ? { key: null } : null;
  return at.isAbsent ? null : readFields(at, keyFields);
});

const rawFields = {
  value: field('text', hidden(readString), 'required'),
  secret: deferred('object', 'none').about(
    'encrypted values are not supported: the variable is left out, with a warning',
  ),
  blob: passed('boolean'),
};

const sourceFields = {
  type: field('word', shown(required(oneOf(['raw', 'url']), 'raw or url')), 'required').about(
    '`raw`; of `url` the variable is left out, with a warning',
  ),
  details: deferred('object', 'required', rawFields),
};

const readSource: Reader<string> = (at) => {
  if (at.isAbsent) {
    at.leaveOut('no source, and so no value here: variable ignored');
    return null;
  }
  const given = readFields(at, sourceFields);
  if (given?.type === 'url') at.leaveOut('values from a URL are not supported by the emulator, variable ignored');
  return given?.type === 'raw' && given.details ? readRawSource(given.details) : null;
};

const readRawSource: Reader<string> = (at) => {
  const given = readFields(at, rawFields);
  const text = 'encrypted values are not supported by the emulator, variable ignored';
  return given?.secret?.warnUnsupported(text) ? null : (given?.value ?? null);
};

/** Only values are secrets. */
const shownSection = <Declared extends Fields>(fields: Declared) =>
  readBy(
    shown((at) => readFields(at, fields)),
    fields,
  );

/** An entry of `scoped_variables`. */
export const variableFields = {
  identifier: field('text', shown(required(text(parseName), 'the name of a variable')), 'required'),
  scope: shownSection({
    containers: readBy(readReach, scopeFields, 'required').about('those it reaches'),
  }),
  access: shownSection({
    env_variable: readBy(readAccess, keyFields, 'none').about(
      '`{}` and, in older stacks, `true` name it like its identifier',
    ),
    internal_api: ignored('object'),
    file: readBy(
      optional((at) => readFields(at, fileFields)),
      fileFields,
      'none',
    ).about('a file in each container, with the value in it'),
  }),
  source: {
    ...readBy(readSource, sourceFields, 'none').about('without one the variable is left out, with a warning'),
    variants: { on: 'type', fields: { raw: sourceFields } },
  },
};

/** Reads `scoped_variables`: those that are raw and reach containers as environment variables or files. */
export const readScopedVariables = (at: Cursor): readonly ScopedVariable[] =>
  listOf((item) => {
    const { identifier, scope, access, source: value = null } = readFields(item, variableFields) ?? {};
    const reaches = scope?.containers ?? null;
    if (!identifier || value === null || reaches === null) return null;
    const valueAt = item.child('source', 'details', 'value');
    const variable = access?.env_variable ?? null;
    const key = variable && (variable.key ?? identifier);
    if (key !== null) readVariableValue(valueAt, key);
    const file = access?.file ? toFile(access.file, identifier, value, valueAt) : null;
    return { key, value, file, reaches };
  })(at.hide());

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
