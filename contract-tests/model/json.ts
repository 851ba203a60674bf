/** JSON objects of unknown origin: everything the target sends is one until it has been inspected. */
export type JsonRecord = { readonly [key: string]: unknown };

export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The field of a value that may be anything. */
export const fieldOf = (value: unknown, ...path: readonly string[]): unknown => {
  let inner = value;
  for (const name of path) inner = isRecord(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined;
  return inner;
};

export const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** Milliseconds since 1970 of an RFC 3339 date-time, whose letters may be small; NaN of everything else. */
export const timeOf = (value: unknown): number => Date.parse(textOf(value)?.toUpperCase() ?? '');

/** The value of a JSON text; undefined where it is none. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Equal as JSON: the order of keys does not count. */
export const isSameJson = (one: unknown, other: unknown): boolean => canonical(one) === canonical(other);

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  ) ?? 'undefined';

/** A value as text for messages. Not cut here: that comes after secrets have been taken out, or half of one would stay. */
export const excerpt = (value: unknown): string => JSON.stringify(value) ?? 'nothing';
