import type { Parsed } from '../reading/readers.ts';

/** What Linux takes of one argument or path of a process, without the NUL behind it. */
const longestBytes = 128 * 1024 - 1;

/** A text that the kernel is handed: it ends at a NUL, and what is longer is refused when the process starts. */
export const parseProcessText = (text: string): Parsed<string> => {
  if (text.includes('\0')) return { ok: false, expected: 'text without NUL' };
  if (Buffer.byteLength(text) > longestBytes) return { ok: false, expected: `text of at most ${longestBytes} bytes` };
  return { ok: true, value: text };
};

/** The same of each argument of a process. */
export const checkArguments = (parsed: Parsed<readonly string[]>): Parsed<readonly string[]> => {
  if (!parsed.ok) return parsed;
  if (parsed.value.some((text) => text.includes('\0'))) return { ok: false, expected: 'arguments without NUL' };
  if (parsed.value.some((text) => Buffer.byteLength(text) > longestBytes)) {
    return { ok: false, expected: `arguments of at most ${longestBytes} bytes each, which is all that Linux takes` };
  }
  return parsed;
};
