import { shownAccessKey } from '../model/json.ts';
import type { RecordedRequest } from '../model/result.ts';

/** The request as a command to copy; the shell puts the key in. Null where the recorded body is cut short. */
export const toCurl = (url: string, { method, path, headers, body }: RecordedRequest): string | null => {
  if (body?.endsWith(' characters)') && body.includes('… (')) return null;
  const parts = ['curl', '-sS', '-i', method === 'HEAD' ? '--head' : `-X ${method}`, '--path-as-is'];
  parts.push(quote(`${url.replace(/\/$/, '')}${path}`));
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
