const toEscape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * Text in which a terminal finds nothing to obey: control characters but tabs and line ends stand in the form of JSON.
 * Names in a stack, a file or a request may hold any, and what functions print as well.
 */
export const toPlain = (text: string): string => text.replace(/[^\P{Cc}\t\n]/gu, toEscape);

/** The same for text that was coloured here. */
export const toPlainButColours = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
  text.replace(/(\x1b\[[\d;]*m)|[^\P{Cc}\t\n]/gu, (found, colour?: string) => colour ?? toEscape(found));
