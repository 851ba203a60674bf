import { type Cursor, hide, reject } from './reading/cursor.ts';
import { mapOf, type Parsed, type Reader, text } from './reading/readers.ts';

export const isVariableName = (name: string): boolean => name !== '' && !name.includes('=') && !name.includes('\0');

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
export const readVariableValue: Reader<string> = (at) => text(parseValue)(hide(at));

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
