import { type Cursor, isPlainObject } from './cursor.ts';

/** What a field of Cycle's format holds, as far as it matters where nothing is done with it. */
export type Kind = 'any' | 'object' | 'objects' | 'text' | 'texts' | 'number' | 'boolean';

/** Fields by name. */
export type Fields = Readonly<Record<string, Kind>>;

const kinds: { readonly [Name in Kind]: readonly [expected: string, fits: (value: unknown) => boolean] } = {
  any: ['anything', () => true],
  object: ['an object', isPlainObject],
  objects: ['a list of objects', (value) => Array.isArray(value) && value.every(isPlainObject)],
  text: ['a string', (value) => typeof value === 'string'],
  texts: ['a list of strings', (value) => Array.isArray(value) && value.every((item) => typeof item === 'string')],
  number: ['a number', (value) => typeof value === 'number'],
  boolean: ['true or false', (value) => typeof value === 'boolean'],
};

/** What the value should be and is not, or null. */
export const misfit = ({ value }: Cursor, kind: Kind): string | null => {
  const [expected, fits] = kinds[kind];
  return fits(value) ? null : expected;
};
