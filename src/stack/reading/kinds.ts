import { type Cursor, isPlainObject } from './cursor.ts';

/** What a field of Cycle's format holds, as far as it matters where nothing is done with it. */
export type Kind = 'any' | 'object' | 'objects' | 'text' | 'texts' | 'number' | 'boolean';

/** Fields by name. */
export type Fields = Readonly<Record<string, Kind>>;

const names: { readonly [Name in Exclude<Kind, 'any'>]: string } = {
  object: 'an object',
  objects: 'a list of objects',
  text: 'a string',
  texts: 'a list of strings',
  number: 'a number',
  boolean: 'true or false',
};

const fits: { readonly [Name in Kind]: (value: unknown) => boolean } = {
  any: () => true,
  object: isPlainObject,
  objects: (value) => Array.isArray(value) && value.every(isPlainObject),
  text: (value) => typeof value === 'string',
  texts: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
};

/** What the value should be and is not, or null. */
export const misfit = ({ value }: Cursor, kind: Kind): string | null =>
  kind === 'any' || fits[kind](value) ? null : names[kind];
