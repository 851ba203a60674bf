import { renderValue, shorten } from '../../shared/render-value.ts';
import { didYouMean } from '../../shared/suggest.ts';
import { isRecord } from '../../shared/values.ts';
import { placeholders } from '../variables/stack-variables.ts';
import type { Path, Reporter } from './report.ts';

/** A value that stack variables gave: what stands in its place, and its kind. Their values are never shown. */
const renderWritten = (template: string, value: unknown, { hidden }: { readonly hidden: boolean }): string => {
  const names = template.match(placeholders) ?? [];
  const shown = names.join('') === template || hidden ? names.join(', ') : JSON.stringify(shorten(template));
  return `${shown} (here ${renderValue(value, { hidden: true }).replace(' (not shown)', '')})`;
};

/** A value of the stack, where it stands, and where to complain about it. */
export type Cursor = {
  readonly value: unknown;
  readonly path: Path;
  readonly report: Reporter;
  /** True at and below secrets: complaints then never show the value. */
  readonly hidden: boolean;
};

/** Cycle's format lets nearly every optional field be null; null says the same as leaving it out (documented). */
export const isAbsent = (at: Cursor): boolean => at.value === undefined || at.value === null;

/** The value under a key; absent where the cursor's own value is no object. */
export const child = (at: Cursor, key: string): Cursor => ({
  ...at,
  value: isRecord(at.value) && Object.hasOwn(at.value, key) ? at.value[key] : undefined,
  path: [...at.path, key],
});

/** The entries of a list; none of what is no list. */
export const entriesOf = (at: Cursor): readonly Cursor[] =>
  Array.isArray(at.value) ? at.value.map((value: unknown, index) => ({ ...at, value, path: [...at.path, index] })) : [];

export const hide = (at: Cursor): Cursor => ({ ...at, hidden: true });

/** For what lies beside a secret and is none itself. */
export const show = (at: Cursor): Cursor => ({ ...at, hidden: false });

/** Reports a value that breaks a rule. `expected` says what is allowed, without a full stop. */
export const reject = (at: Cursor, expected: string): null => {
  at.report.problem(at.path, describeRejected(at, expected));
  return null;
};

export const describeRejected = (at: Cursor, expected: string): string => {
  const written = at.report.written(at.path);
  if (written !== null) return `got ${renderWritten(written.template, at.value, at)}, expected ${expected}`;
  return isAbsent(at)
    ? `missing, expected ${expected}`
    : `got ${renderValue(at.value, { hidden: at.hidden })}, expected ${expected}`;
};

/** What JSON Schema, draft-07, says of a value. */
export type ValueSchema = Readonly<Record<string, unknown>>;

/** What a reader takes, of what can be said of a value alone: for stack.schema.json. */
type Described = { readonly schema?: ValueSchema };

/** Reads a value; null where it is absent, or wrong and reported. A stack with problems is never used, so the two need no difference. */
export type Reader<Value> = ((at: Cursor) => Value | null) & Described;

/** A reader with the schema of what it takes, where that is not the schema of its parts. */
export const describedBy = <Read extends (at: Cursor) => unknown>(
  schema: ValueSchema | undefined,
  read: Read,
): Read & Described => (schema === undefined ? read : Object.assign(read, { schema }));

/** What a parser of a text answers: the value, or what it would have accepted. */
export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly expected: string };

/** Fails where the value is absent, and leaves all else to `read`. */
export const required = <Value>(read: Reader<Value>, expected: string): Reader<Value> =>
  describedBy(read.schema, (at) => (isAbsent(at) ? reject(at, expected) : read(at)));

/** For a secret: complaints never show the value. */
export const hidden = <Value>(read: ((at: Cursor) => Value) & Described): ((at: Cursor) => Value) & Described =>
  describedBy(read.schema, (at) => read(hide(at)));

/** For what lies beside a secret and is none itself. */
export const shown = <Value>(read: ((at: Cursor) => Value) & Described): ((at: Cursor) => Value) & Described =>
  describedBy(read.schema, (at) => read(show(at)));

/** For what another reader goes on with. */
export const readAny: Reader<Cursor> = (at) => at;

/**
 * PARITY: numbers and booleans are no strings here, as in Cycle's schema, though a reader could turn them into text:
 * YAML has already changed them (`1.10` is 1.1, `0o17` is 15) unseen.
 */
export const readString: Reader<string> = describedBy({ type: 'string' }, (at) => {
  if (isAbsent(at)) return null;
  if (typeof at.value === 'string') return at.value;
  const scalar = typeof at.value === 'number' || typeof at.value === 'boolean';
  return reject(at, scalar ? 'a string: put it in quotes' : 'a string');
});

export const readBoolean: Reader<boolean> = describedBy({ type: 'boolean' }, (at) => {
  if (isAbsent(at)) return null;
  return typeof at.value === 'boolean' ? at.value : reject(at, `true or false${booleanHint(at.value)}`);
});

/** Words that older YAML took for booleans, and booleans in quotes. */
const booleanHint = (value: unknown): string => {
  const word = typeof value === 'string' ? value.toLowerCase() : '';
  if (['yes', 'on', 'true'].includes(word)) return ': write true';
  return ['no', 'off', 'false'].includes(word) ? ': write false' : '';
};

export const integer = (least: number, most = Number.MAX_SAFE_INTEGER): Reader<number> =>
  describedBy({ type: 'integer', minimum: least, maximum: most }, (at) => {
    if (isAbsent(at)) return null;
    const { value } = at;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    const isQuoted = typeof value === 'string' && /^\d+$/.test(value);
    return reject(at, `a whole number ${range}${isQuoted ? ': leave out the quotes' : ''}`);
  });

export const fraction: Reader<number> = describedBy({ type: 'number', minimum: 0, maximum: 1 }, (at) => {
  if (isAbsent(at)) return null;
  const { value } = at;
  return typeof value === 'number' && value >= 0 && value <= 1 ? value : reject(at, 'a number from 0 to 1');
});

export const oneOf = <const Words extends readonly (string | number)[]>(words: Words): Reader<Words[number]> =>
  describedBy({ enum: words }, (at) => {
    if (isAbsent(at)) return null;
    const word = words.find((candidate) => candidate === at.value);
    if (word !== undefined) return word;
    const hint = typeof at.value === 'string' ? didYouMean(at.value, words.map(String)) : '';
    return reject(at, `one of ${words.join(', ')}${hint}`);
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
    if (parsed !== null && !parsed.ok) return reject(at, parsed.expected);
    const string = readString(at);
    return parsed === null || string === null ? null : parsed.value;
  });

/** A list; absent reads as empty, and items that are wrong are reported and left out. */
export const listOf = <Item>(readItem: Reader<Item>): ((at: Cursor) => readonly Item[]) & Described =>
  describedBy({ type: 'array', ...(readItem.schema && { items: readItem.schema }) }, (at) => {
    if (isAbsent(at)) return [];
    if (!Array.isArray(at.value)) return reject(at, 'a list') ?? [];
    return entriesOf(at).flatMap((entry) => {
      const item = required(readItem, 'a value')(entry);
      return item === null ? [] : [item];
    });
  });

/** An object whose keys the user chooses; absent reads as empty. `readEntry` gets the key as well, to judge it. */
export const mapOf = <Value>(
  readEntry: ((at: Cursor, key: string) => Value | null) & Described,
): ((at: Cursor) => Readonly<Record<string, Value>>) & Described =>
  describedBy(
    {
      type: 'object',
      ...(readEntry.schema && { additionalProperties: { anyOf: [readEntry.schema, { type: 'null' }] } }),
    },
    (at) => {
      if (isAbsent(at)) return {};
      if (!isRecord(at.value)) return reject(at, 'an object') ?? {};
      const entries = Object.entries(at.value).flatMap(([key, value]) => {
        const read = readEntry({ ...at, value, path: [...at.path, key] }, key);
        return read === null ? [] : [[key, read] as const];
      });
      // Not by assignment: a key `__proto__` would be lost.
      return Object.fromEntries(entries);
    },
  );

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
