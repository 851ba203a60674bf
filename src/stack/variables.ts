import type { ContainerId } from '../shared/ids.ts';
import { didYouMean } from '../shared/suggest.ts';
import { type Cursor, hide, isAbsent, reject, show } from './reading/cursor.ts';
import {
  listOf,
  mapOf,
  oneOf,
  type Parsed,
  type Reader,
  readAny,
  readBoolean,
  readObject,
  readString,
  required,
  text,
  warnUnsupported,
} from './reading/readers.ts';

const isVariableName = (name: string): boolean => name !== '' && !name.includes('=') && !name.includes('\0');

/** Linux takes no longer `name=value`; the name's own length hardly matters here. */
const longestValueBytes = 128 * 1024 - 64;

const parseValue = (value: string): Parsed<string> => {
  if (value.includes('\0')) return { ok: false, expected: 'a value without NUL' };
  if (Buffer.byteLength(value) > longestValueBytes) {
    return { ok: false, expected: `a value of at most ${longestValueBytes} bytes` };
  }
  return { ok: true, value };
};

/** A variable's value; it may be a secret and is never shown. */
const readVariableValue: Reader<string> = (at) => text(parseValue)(hide(at));

/** `environment_vars`: what a process's environment can hold, which is less than what a map can. */
export const readEnvironmentVariables = (at: Cursor): Readonly<Record<string, string>> =>
  Array.isArray(at.value) ? (reject(at, 'an object, such as { NAME: value }') ?? {}) : readMap(hide(at));

const readMap = mapOf((entry, name) => {
  if (!isVariableName(name)) {
    entry.report.problem(entry.path, 'not a name for a variable, expected one that is not empty and has no = or NUL');
    return null;
  }
  if (entry.value === null) {
    entry.report.problem(entry.path, 'no value, expected a string: write "" for an empty one');
    return null;
  }
  return readVariableValue(entry);
});

/** A container as scopes name it. */
export type Target = { readonly identifier: string; readonly containerId: ContainerId };

/** An environment variable that reaches some containers of the environment. */
export type ScopedVariable = {
  readonly key: string;
  readonly value: string;
  readonly reaches: (target: Target) => boolean;
};

/** Reads `scoped_variables`: those that are raw and reach containers as environment variables. */
export const readScopedVariables = (at: Cursor, targets: readonly Target[]): readonly ScopedVariable[] =>
  listOf((item) => readScopedVariable(item, targets))(hide(at)).filter((variable) => variable !== 'not here');

/** PARITY: of two variables with the same key the later one holds. */
export const variablesFor = (target: Target, variables: readonly ScopedVariable[]): Readonly<Record<string, string>> =>
  Object.fromEntries(variables.filter(({ reaches }) => reaches(target)).map(({ key, value }) => [key, value]));

const readScopedVariable = (at: Cursor, targets: readonly Target[]): ScopedVariable | 'not here' | null =>
  readObject(at, {}, (field) => {
    const identifier = required(text(parseName), 'the name of a variable')(show(field('identifier')));
    const reaches = readScope(show(field('scope')), targets);
    const key = readKey(show(field('access')), identifier);
    const value = readSource(field('source'));
    return key === null || value === null || reaches === null ? 'not here' : { key, value, reaches };
  });

const readScope = (at: Cursor, targets: readonly Target[]): ScopedVariable['reaches'] | null =>
  readObject(at, {}, (field) => {
    const containers = required(readAny, 'an object with global, identifiers or ids')(field('containers'));
    if (containers === null) return () => false;
    const scope = readObject(containers, {}, (inner) => ({
      global: readBoolean(inner('global')) ?? false,
      identifiers: listOf(readName(targets.map(({ identifier }) => identifier)))(inner('identifiers')),
      ids: listOf(readName(targets.map(({ containerId }) => containerId)))(inner('ids')),
    }));
    return ({ identifier, containerId }) =>
      scope !== null && (scope.global || scope.identifiers.includes(identifier) || scope.ids.includes(containerId));
  });

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

const readKey = (at: Cursor, identifier: string | null): string | null =>
  readObject(at, { unsupported: { internal_api: 'object', file: 'object' } }, (field) => {
    const variable = field('env_variable');
    // Older stacks say true or false here, and the variable is called like its identifier (documented).
    if (typeof variable.value === 'boolean') return variable.value ? identifier : null;
    if (isAbsent(variable)) return null;
    return readObject(variable, {}, (inner) => text(parseName)(inner('key')) ?? identifier);
  });

const parseName = (name: string): Parsed<string> =>
  isVariableName(name)
    ? { ok: true, value: name }
    : { ok: false, expected: 'the name of a variable, not empty and without = or NUL' };

const readSource = (at: Cursor): string | null => {
  if (isAbsent(at)) {
    at.report.leaveOut(at.path, 'no source, and so no value here: variable ignored');
    return null;
  }
  return readObject(at, {}, (field) => {
    const type = required(oneOf(['raw', 'url']), 'raw or url')(show(field('type')));
    const details = field('details');
    if (type === 'raw') return readRawSource(details);
    if (type === 'url')
      at.report.leaveOut(at.path, 'values from a URL are not supported by the emulator, variable ignored');
    return null;
  });
};

const readRawSource = (at: Cursor): string | null =>
  readObject(at, { harmless: { blob: 'boolean' } }, (field) => {
    const encrypted = warnUnsupported(
      field('secret'),
      'encrypted values are not supported by the emulator, variable ignored',
    );
    const value = required(readVariableValue, 'a string')(field('value'));
    return encrypted ? null : value;
  });
