import type { Parsed } from '../reading/readers.ts';

const token = /(\s+)|"((?:[^"\\]|\\[\s\S])*)"|'([^']*)'|\\(["'\\\s])|([^\s"'\\]+|\\)/y;

/**
 * Splits `runtime.command.args` at blanks. Single and double quotes group (documented), also in the middle of an argument
 * and around nothing. A backslash takes the meaning from a quote, a blank or a backslash, and else stands for itself;
 * between single quotes it always does. PARITY: backslashes (inferred from the documented examples).
 */
export const parseArgs = (text: string): Parsed<readonly string[]> => {
  const args: string[] = [];
  let current: string | null = null;
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    if (match === null) return { ok: false, expected: 'arguments with every quote closed' };
    const [, blank, double, single, escaped, plain] = match;
    if (blank === undefined) {
      current = (current ?? '') + (double?.replace(/\\(["\\])/g, '$1') ?? single ?? escaped ?? plain ?? '');
    } else if (current !== null) {
      args.push(current);
      current = null;
    }
  }
  return { ok: true, value: current === null ? args : [...args, current] };
};
