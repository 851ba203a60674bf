const longestText = 60;

/** A value as a message shows it: short, on one line, and only its kind where it is hidden. */
export const renderValue = (value: unknown, options: { readonly hidden: boolean }): string => {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value === null) return 'null';
  if (typeof value === 'object') return 'an object';
  if (value === '') return 'an empty string';
  if (options.hidden) return `a ${typeof value} (not shown)`;
  if (typeof value === 'string') return JSON.stringify(shorten(value));
  return shorten(String(value));
};

export const shorten = (text: string, longest = longestText): string =>
  text.length > longest ? `${text.slice(0, longest)}…` : text;

/** A text of a user's in a message: on one line, and no longer than the message's own words. */
export const quote = (text: string): string => JSON.stringify(shorten(text));
