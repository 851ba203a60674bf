import { shownAccessKey } from '../model/json.ts';
import type { RecordedRequest, Repetition } from '../model/result.ts';

/** Characters that XML 1.0 has no place for, not even escaped; a target may send any. */
const unprintable = /[^\P{Cc}\t\n\r]|[\ufffe\uffff]/gu;

const names: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text for XML and HTML, inside elements and inside attributes. */
export const escapeMarkup = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(unprintable, '\ufffd')
    .replaceAll(/[&<>"']/g, (character) => names[character] ?? character);

/** How to see a finding of the exploration again, in lines of plain text; the last is the command. */
export const toRepetitionLines = ({ seen, history, command }: Repetition): readonly string[] => [
  `history (${seen}): ${history.join('; ')}`,
  command,
];

/** The request as a command to copy; the shell puts the key in. Null where the recorded body is cut short. */
export const toCurl = (url: string, { method, path, headers, body }: RecordedRequest): string | null => {
  if (body?.endsWith(' characters)') && body.includes('… (')) return null;
  const parts = ['curl', '-sS', '-i', method === 'HEAD' ? '--head' : `-X ${method}`, '--path-as-is'];
  parts.push(quote(/^https?:/.test(path) ? path : `${url.replace(/\/$/, '')}${path}`));
  for (const [name, value] of Object.entries(headers)) parts.push(`-H ${quoteHeader(`${name}: ${value}`)}`);
  if (body !== null) parts.push(`--data-raw ${quote(body)}`);
  return parts.join(' ');
};

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Only the key is for the shell to fill in; everything else stays as it is. */
const quoteHeader = (header: string): string => {
  // curl drops a header without a value unless it ends in a semicolon.
  const text = header.endsWith(': ') ? `${header.slice(0, -2)};` : header;
  return text
    .split(shownAccessKey)
    .map((part) => (part === '' ? '' : quote(part)))
    .join(`"${shownAccessKey}"`);
};
