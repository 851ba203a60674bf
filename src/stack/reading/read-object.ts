import { didYouMean } from '../../shared/suggest.ts';
import { type Cursor, child, describeRejected, isAbsent, isPlainObject, reject } from './cursor.ts';
import { type Fields, type Kind, misfit } from './kinds.ts';

export type OtherFields = {
  /** Fields of Cycle's format that mean nothing to a scheduler: about text, versions, notes. */
  readonly harmless?: Fields;
  /** Fields of Cycle's format that would change what happens, and do not here. */
  readonly unsupported?: Fields;
  /** Fields of other formats that people write here, and what to do with each. */
  readonly foreign?: Readonly<Record<string, string>>;
};

/**
 * Reads an object with known fields. `read` asks for each field it honours, always for all of them; every other field
 * that is there is then warned about, because one that is silently dropped looks as if it worked.
 * An absent object reads as an empty one; a value that is no object is reported once, and answers null.
 */
export const readObject = <Value>(
  at: Cursor,
  others: OtherFields,
  read: (field: (name: string) => Cursor) => Value,
): Value | null => {
  if (!isAbsent(at) && !isPlainObject(at.value)) return reject(at, 'an object');
  const honoured: string[] = [];
  const value = read((name) => {
    honoured.push(name);
    return child(at, name);
  });
  warnAboutOthers(at, others, honoured);
  return value;
};

const warnAboutOthers = (at: Cursor, others: OtherFields, honoured: readonly string[]): void => {
  if (!isPlainObject(at.value)) return;
  const { harmless = {}, unsupported = {}, foreign } = others;
  const known = [...honoured, ...Object.keys(harmless), ...Object.keys(unsupported)];
  for (const name of Object.keys(at.value).filter((key) => !honoured.includes(key))) {
    const field = child(at, name);
    const kind = Object.hasOwn(unsupported, name) ? unsupported[name] : harmless[name];
    if (!known.includes(name)) warnUnknown(field, name, known, foreign);
    else if (!warnMisfit(field, kind) && Object.hasOwn(unsupported, name)) warnUnsupported(field);
  }
};

const warnUnknown = (
  field: Cursor,
  name: string,
  known: readonly string[],
  foreign: Readonly<Record<string, string>> = {},
): void => {
  const advice = Object.hasOwn(foreign, name) ? foreign[name] : undefined;
  const text = advice === undefined ? `unknown field, ignored${didYouMean(name, known)}` : `ignored: ${advice}`;
  field.report.warn(field.path, text);
};

const warnMisfit = (field: Cursor, kind: Kind = 'any'): boolean => {
  const expected = isAbsent(field) ? null : misfit(field, kind);
  if (expected !== null) field.report.warn(field.path, `${describeRejected(field, expected)}: ignored`);
  return expected !== null;
};

/** Warns about a field that asks for something the emulator does not do, and answers whether it does ask. */
export const warnUnsupported = (at: Cursor, text = 'not supported by the emulator, ignored'): boolean => {
  const asks = !asksForNothing(at.value);
  if (asks) at.report.leaveOut(at.path, text);
  return asks;
};

/** Cycle's format requires some fields to be there even to say no, such as `privileged: false`: no reason to warn. */
const asksForNothing = (value: unknown, depth = 0): boolean => {
  if (value === null || value === undefined || value === false || value === '' || value === 0) return true;
  if (typeof value !== 'object' || depth > 3) return false;
  return Object.values(value).every((inner) => asksForNothing(inner, depth + 1));
};
