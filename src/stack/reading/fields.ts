import { didYouMean } from '../../shared/suggest.ts';
import { isRecord } from '../../shared/values.ts';
import {
  type Cursor,
  child,
  describeRejected,
  isAbsent,
  type Reader,
  readAny,
  reject,
  type ValueSchema,
  warnUnsupported,
} from './readers.ts';

const isText = (value: unknown): boolean => typeof value === 'string';

/** What a field holds, how to see that where nothing else is done with it, and the same in JSON Schema. */
const kinds = {
  any: ['anything', () => true, {}],
  object: ['an object', isRecord, { type: 'object' }],
  objects: [
    'a list of objects',
    (value) => Array.isArray(value) && value.every(isRecord),
    { type: 'array', items: { type: 'object' } },
  ],
  map: ['an object', isRecord, { type: 'object' }],
  text: ['a string', isText, { type: 'string' }],
  texts: [
    'a list of strings',
    (value) => Array.isArray(value) && value.every(isText),
    { type: 'array', items: { type: 'string' } },
  ],
  word: ['a string', isText, { type: 'string' }],
  duration: ['a string', isText, { type: 'string' }],
  size: ['a string', isText, { type: 'string' }],
  number: ['a number', (value) => typeof value === 'number', { type: 'number' }],
  boolean: ['true or false', (value) => typeof value === 'boolean', { type: 'boolean' }],
} satisfies Readonly<
  Record<string, readonly [expected: string, fits: (value: unknown) => boolean, schema: ValueSchema]>
>;

type FieldType = keyof typeof kinds;

/** The schema of what a field holds, but for the fields in it. */
export const schemaOf = ({ type, read }: Pick<Field, 'type' | 'read'>): ValueSchema => ({
  ...(read.schema?.['enum'] === undefined && kinds[type][2]),
  ...read.schema,
});

/** A field of a stack file, declared once: it is read by this, and docs/fixtures.md and stack.schema.json are made of it. */
export type Field<Value = unknown> = {
  /** `passed`: it means nothing to a scheduler. `ignored`: it would change what happens, and does not here. */
  readonly use: 'read' | 'passed' | 'ignored';
  readonly type: FieldType;
  /** Reports what is wrong, and warns of what is left out. Null of a field that is not acted on. */
  readonly read: Reader<Value>;
  /** What holds without it, in the documentation's words. */
  readonly byDefault: string;
  readonly about: string;
  /** What lies in it; in each entry of a list or map. */
  readonly fields: Fields;
  /** What lies in it beside them where one of them, `on`, is one of these words; nothing is said of another word. */
  readonly variants?: { readonly on: string; readonly fields: Readonly<Record<string, Fields>> };
};

export type Fields = Readonly<Record<string, Field>>;

/** What was read, by name; null where a field is absent or wrong. */
export type Values<Declared extends Fields> = {
  readonly [Name in keyof Declared]: Declared[Name] extends Field<infer Value> ? Value | null : never;
};

/** A field that is acted on. */
export const field = <Value>(
  type: FieldType,
  read: Reader<Value>,
  byDefault = '',
  about = '',
  fields: Fields = {},
): Field<Value> => ({ use: 'read', type, read, byDefault, about, fields });

/** An object of fields, read as it is declared. */
export const section = <Declared extends Fields>(fields: Declared): Field<Values<Declared>> =>
  readBy((at) => readFields(at, fields), fields);

/** An object of fields that has more to it than they say. */
export const readBy = <Value>(read: Reader<Value>, fields: Fields, byDefault = '', about = ''): Field<Value> =>
  field('object', read, byDefault, about, fields);

/** A field whose fields depend on a word in it. */
export const withVariants = <Value>(
  declared: Field<Value>,
  on: string,
  fields: Readonly<Record<string, Fields>>,
): Field<Value> => ({ ...declared, variants: { on, fields } });

/** A field for code that reads it by more than itself. */
export const deferred = (type: FieldType, byDefault = '', about = '', fields: Fields = {}): Field<Cursor> =>
  field(type, readAny, byDefault, about, fields);

const notRead = (
  use: 'passed' | 'ignored',
  type: FieldType,
  about: string,
  warn: (at: Cursor) => void,
): Field<never> => ({
  ...{ use, type, about, byDefault: '', fields: {} },
  read: (at) => {
    const expected = isAbsent(at) || kinds[type][1](at.value) ? null : kinds[type][0];
    if (expected === null) warn(at);
    else at.report.warn(at.path, `${describeRejected(at, expected)}: ignored`);
    return null;
  },
});

/** A field of Cycle's format that means nothing to a scheduler: about text, versions, notes. */
export const passed = (type: FieldType, about = ''): Field<never> => notRead('passed', type, about, () => {});

/** A field of Cycle's format that would change what happens, and does not here: a warning says so where it asks for something. */
export const ignored = (type: FieldType, about = ''): Field<never> => notRead('ignored', type, about, warnUnsupported);

/** The same fields, looked at for their kinds alone: for what is never run. */
export const byKind = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, { type, about }]) => [name, passed(type, about)]));

/**
 * Reads an object by its fields. Every other field that is there is warned about, because one that is silently dropped
 * looks as if it worked. An absent object reads as an empty one; a value that is no object is reported once, and answers null.
 *
 * @param foreign fields of other formats that people write here, and what to do with each
 */
export const readFields = <Declared extends Fields>(
  at: Cursor,
  fields: Declared,
  foreign: Readonly<Record<string, string>> = {},
): Values<Declared> | null => {
  const { value } = at;
  if (!isAbsent(at) && !isRecord(value)) return reject(at, 'an object');
  const values = Object.fromEntries(Object.entries(fields).map(([name, { read }]) => [name, read(child(at, name))]));
  for (const name of isRecord(value) ? Object.keys(value) : []) {
    if (Object.hasOwn(fields, name)) continue;
    const advice = Object.hasOwn(foreign, name) ? `: ${foreign[name]}` : null;
    const text =
      advice === null ? `unknown field, ignored${didYouMean(name, Object.keys(fields))}` : `ignored${advice}`;
    at.report.warn([...at.path, name], text);
  }
  // Each has been read by the field of its name, which the compiler cannot follow.
  return values as Values<Declared>;
};
