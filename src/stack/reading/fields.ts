import { didYouMean } from '../../shared/suggest.ts';
import { isRecord } from '../../shared/values.ts';
import type { Cursor } from './cursor.ts';

/** What JSON Schema, draft-07, says of a value. */
export type ValueSchema = Readonly<Record<string, unknown>>;

/** What a reader takes, of what can be said of a value alone: for stack.schema.json. */
type Described = { readonly schema?: ValueSchema };

/** Reads a value; null where it is wrong and reported. A stack with problems is never used, so that is like one left out. */
export type Reader<Value> = Reading<Value | null>;

/** A reader of a value that is never null. */
type Reading<Value> = ((at: Cursor) => Value) & Described;

/** A reader with the schema of what it takes, where that is not the schema of its parts. */
export const describedBy = <Read extends (at: Cursor) => unknown>(
  schema: ValueSchema | undefined,
  read: Read,
): Read & Described => (schema === undefined ? read : Object.assign(read, { schema }));

/** What a parser of a text answers: the value, or what it would have accepted. */
export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly expected: string };

/** A parser of texts that are taken as they are where they fit, such as a pattern. */
export const fitting =
  (fits: (text: string) => boolean, expected: string) =>
  (text: string): Parsed<string> =>
    fits(text) ? { ok: true, value: text } : { ok: false, expected };

/** Says in other words than `read` would that a value is missing. */
export const required = <Value>(read: Reader<Value>, expected: string): Reader<Value> =>
  describedBy(read.schema, (at) => (at.isAbsent ? at.reject(expected) : read(at)));

/** For a secret: complaints never show the value. */
export const hidden = <Value>(read: Reading<Value>): Reading<Value> =>
  describedBy(read.schema, (at) => read(at.hide()));

/** For what lies beside a secret and is none itself. */
export const shown = <Value>(read: Reading<Value>): Reading<Value> => describedBy(read.schema, (at) => read(at.show()));

/**
 * PARITY: numbers and booleans are no strings here, as in Cycle's schema, though a reader could turn them into text:
 * YAML has already changed them (`1.10` is 1.1, `0o17` is 15) unseen.
 */
export const readString: Reader<string> = describedBy({ type: 'string' }, (at) => {
  if (typeof at.value === 'string') return at.value;
  const scalar = typeof at.value === 'number' || typeof at.value === 'boolean';
  return at.reject(scalar ? 'a string: put it in quotes' : 'a string');
});

export const readBoolean: Reader<boolean> = describedBy({ type: 'boolean' }, (at) =>
  typeof at.value === 'boolean' ? at.value : at.reject(`true or false${booleanHint(at.value)}`),
);

/** Words that older YAML took for booleans, and booleans in quotes. */
const booleanHint = (value: unknown): string => {
  const word = typeof value === 'string' ? value.toLowerCase() : '';
  if (['yes', 'on', 'true'].includes(word)) return ': write true';
  return ['no', 'off', 'false'].includes(word) ? ': write false' : '';
};

export const integer = (least: number, most = Number.MAX_SAFE_INTEGER): Reader<number> =>
  describedBy({ type: 'integer', minimum: least, maximum: most }, (at) => {
    const { value } = at;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    const isQuoted = typeof value === 'string' && /^\d+$/.test(value);
    return at.reject(`a whole number ${range}${isQuoted ? ': leave out the quotes' : ''}`);
  });

export const fraction: Reader<number> = describedBy({ type: 'number', minimum: 0, maximum: 1 }, (at) => {
  const { value } = at;
  return typeof value === 'number' && value >= 0 && value <= 1 ? value : at.reject('a number from 0 to 1');
});

export const oneOf = <const Words extends readonly (string | number)[]>(words: Words): Reader<Words[number]> =>
  describedBy({ enum: words }, (at) => {
    const word = words.find((candidate) => candidate === at.value);
    if (word !== undefined) return word;
    const hint = typeof at.value === 'string' ? didYouMean(at.value, words.map(String)) : '';
    return at.reject(`one of ${words.join(', ')}${hint}`);
  });

/**
 * A string that a parser understands.
 *
 * @param form what it has in common with others that the parser understands
 */
export const text = <Value>(parse: (text: string) => Parsed<Value>, form?: RegExp): Reader<Value> =>
  describedBy({ type: 'string', ...(form && { pattern: form.source }) }, (at) => {
    // Of a number, too, the parser says best what it wants: quotes alone would not make a duration of 10.
    const parsed = typeof at.value === 'string' || typeof at.value === 'number' ? parse(String(at.value)) : null;
    if (parsed !== null && !parsed.ok) return at.reject(parsed.expected);
    const string = readString(at);
    return parsed === null || string === null ? null : parsed.value;
  });

/** A list; items that are wrong are reported and left out. */
export const listOf = <Item>(readItem: Reader<Item>): Reading<readonly Item[]> =>
  describedBy({ type: 'array', ...(readItem.schema && { items: readItem.schema }) }, (at) => {
    if (!Array.isArray(at.value)) return at.reject('a list') ?? [];
    return at.entries.map(required(readItem, 'a value')).filter((item) => item !== null);
  });

/** An object whose keys the user chooses. `readEntry` gets the key as well, to judge it. */
export const mapOf = <Value>(
  readEntry: ((at: Cursor, key: string) => Value | null) & Described,
): Reading<Readonly<Record<string, Value>>> =>
  describedBy(
    {
      type: 'object',
      ...(readEntry.schema && { additionalProperties: { anyOf: [readEntry.schema, { type: 'null' }] } }),
    },
    (at) => {
      if (!isRecord(at.value)) return at.reject('an object') ?? {};
      const entries = at.entries.flatMap((entry) => {
        const key = String(entry.path.at(-1));
        const read = readEntry(entry, key);
        return read === null ? [] : [[key, read] as const];
      });
      // Not by assignment: a key `__proto__` would be lost.
      return Object.fromEntries(entries);
    },
  );

/** A name of nothing is only a warning: another stack may bring what has it into the environment. */
export const nameAmong =
  (knownTo: (at: Cursor) => readonly string[] | null): Reader<string> =>
  (at) => {
    const name = readString(at);
    const known = knownTo(at);
    if (name !== null && known !== null && !known.includes(name)) {
      at.warn(`${JSON.stringify(name)} is not a container of this stack${didYouMean(name, known)}`);
    }
    return name;
  };

export const readContainerName = nameAmong(({ context }) => context.containers);

/** For what may be left out, where that would be wrong or has something in it that is required. */
export const optional = <Value>(read: Reader<Value>): Reader<Value> =>
  describedBy(read.schema, (at) => (at.isAbsent ? null : read(at)));

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
  readonly note: string;
  /** The same field with this note. */
  about(note: string): Field<Value>;
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
  fields: Fields = {},
): Field<Value> => ({
  ...{ use: 'read', type, read, byDefault, fields, note: '' },
  about(note) {
    return { ...this, note };
  },
});

/** An object of fields, read as it is declared. */
export const section = <Declared extends Fields>(fields: Declared): Field<Values<Declared>> =>
  readBy((at) => readFields(at, fields), fields);

/** An object of fields that has more to it than they say. */
export const readBy = <Value>(read: Reader<Value>, fields: Fields, byDefault = ''): Field<Value> =>
  field('object', read, byDefault, fields);

/** An object in which one word, `on`, says what else it has: of another word, no more than `fields`. */
export const choice = <Base extends Fields, Case extends Fields>(
  on: string,
  fields: Base,
  cases: Readonly<Record<string, Case>>,
  byDefault = '',
): Field<Values<Omit<Base, keyof Case> & Case>> => {
  const read = (at: Cursor) => {
    const word = String(at.child(on).value);
    const more: Fields = Object.hasOwn(cases, word) ? (cases[word] ?? {}) : {};
    // Of another word, the fields of the cases are not read, and null.
    return readFields<Fields>(at, { ...fields, ...more }) as Values<Omit<Base, keyof Case> & Case> | null;
  };
  return { ...readBy(read, fields, byDefault), variants: { on, fields: cases } };
};

/** A field for code that reads it by more than itself. */
export const deferred = (type: FieldType, byDefault = '', fields: Fields = {}): Field<Cursor> =>
  field<Cursor>(type, (at) => at, byDefault, fields);

const notRead = (use: 'passed' | 'ignored', type: FieldType, warn: (at: Cursor) => void): Field<never> => {
  const [expected, fits] = kinds[type];
  const read: Reader<never> = (at) => {
    if (at.isAbsent || fits(at.value)) warn(at);
    else at.warn(`${at.describeRejected(expected)}: ignored`);
    return null;
  };
  return { ...field(type, read), use };
};

/** A field of Cycle's format that means nothing to a scheduler: about text, versions, notes. */
export const passed = (type: FieldType): Field<never> => notRead('passed', type, () => {});

/** A field of Cycle's format that would change what happens, and does not here: a warning says so where it asks for something. */
export const ignored = (type: FieldType): Field<never> => notRead('ignored', type, (at) => at.warnUnsupported());

/** The same fields, looked at for their kinds alone: for what is never run. */
export const byKind = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, { type, note }]) => [name, passed(type).about(note)]));

/**
 * Reads an object by its fields. One that is absent is not read, unless it is required, and then wrong, or an object, which
 * then is an empty one. Every other field that is there is warned about, because one that is silently dropped looks as if it
 * worked. A value that is no object is reported once, and answers null.
 *
 * @param foreign fields of other formats that people write here, and what to do with each
 */
export const readFields = <Declared extends Fields>(
  at: Cursor,
  fields: Declared,
  foreign: Readonly<Record<string, string>> = {},
): Values<Declared> | null => {
  const { value } = at;
  if (!at.isAbsent && !isRecord(value)) return at.reject('an object');
  const values = Object.entries(fields).map(([name, { type, byDefault, read }]) => {
    const inner = at.child(name);
    return [name, inner.isAbsent && type !== 'object' && byDefault !== 'required' ? null : read(inner)];
  });
  for (const entry of at.entries) {
    const name = String(entry.path.at(-1));
    if (Object.hasOwn(fields, name)) continue;
    const advice = Object.hasOwn(foreign, name) ? foreign[name] : null;
    const homes = at.context.homes?.get(name);
    const hint = homes ? `: it belongs to ${homes.join(' or ')}` : didYouMean(name, Object.keys(fields));
    entry.warn(advice ? `ignored: ${advice}` : `unknown field, ignored${hint}`);
  }
  // Each has been read by the field of its name, which the compiler cannot follow.
  return Object.fromEntries(values) as Values<Declared>;
};
