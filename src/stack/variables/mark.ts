import { placeholders } from './variable-name.ts';

export type Marked = {
  /** As long as the text it was made from, each character where it was. */
  readonly text: string;
  readonly has: (part: string) => boolean;
  readonly unmark: (part: string) => string;
  /** The variables that stand in the text from one offset to another. */
  readonly between: (from: number, to: number) => readonly { readonly name: string; readonly offset: number }[];
};

/**
 * Writes `{{name}}` with other characters in place of its braces, which YAML would read as maps. So a text is parsed before
 * its variables are known: places stay those of the file, and no value can end a string or a comment that it stands in.
 */
export const markVariables = (text: string): Marked => {
  const [open, close] = freeCharacters(text);
  const ends = new RegExp(`${open}${open}|${close}${close}`, 'g');
  return {
    text: text.replaceAll(placeholders, (placeholder) => open + open + placeholder.slice(2, -2) + close + close),
    has: (part) => part.includes(open + open),
    unmark: (part) => part.replaceAll(ends, (end) => (end[0] === open ? '{{' : '}}')),
    between: (from, to) =>
      [...text.slice(from, to).matchAll(placeholders)].map(({ index, 1: name = '' }) => ({
        name,
        offset: from + index,
      })),
  };
};

/** Two characters for private use that the text does not have: no YAML reader gives them a meaning. */
const freeCharacters = (text: string): readonly [string, string] => {
  const taken = new Set(text);
  const free: string[] = [];
  for (let code = 0xe000; free.length < 2 && code <= 0xf8ff; code += 1) {
    const character = String.fromCharCode(code);
    if (!taken.has(character)) free.push(character);
  }
  const [open = '\uE000', close = '\uE001'] = free;
  return [open, close];
};
