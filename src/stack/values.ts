import { fitting, type Parsed } from './reading/fields.ts';

/** Nanoseconds. Units and names are documented; a day of 24 hours and a year of 365 days are inferred. PARITY: `y`. */
const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  // The Greek letter, which looks the same as the micro sign above.
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
  w: 604_800_000_000_000n,
  y: 31_536_000_000_000_000n,
};

const part = /(\d+)(?:\.(\d+))?(ns|us|µs|μs|ms|s|m|h|d|w|y)/y;

/** The most that nanoseconds in 64 bits hold, about 292 years; larger ones would overflow on the platform (inferred). */
const longestNs = 2n ** 63n - 1n;
const longestText = 100;
const nsPerMs = 1_000_000n;

const expected = 'a duration of digits with units ns, us, ms, s, m, h, d, w or y, such as "30s" or "1h30m"';

/**
 * Milliseconds of a duration such as `72h45m2s`: parts in any order, decimals allowed (`1.5h`), `0` without a unit.
 * Rounded up to a whole millisecond, so that the shortest limit is still one; what is below a nanosecond is dropped.
 */
export const parseDuration = (text: string): Parsed<number> => {
  if (text.length > longestText) return { ok: false, expected };
  if (text === '0') return { ok: true, value: 0 };
  const ns = sumOfParts(text);
  if (ns === null) return { ok: false, expected };
  if (ns > longestNs) return { ok: false, expected: 'a duration of at most 292 years' };
  return { ok: true, value: Number((ns + nsPerMs - 1n) / nsPerMs) };
};

const sumOfParts = (text: string): bigint | null => {
  let ns = 0n;
  let end = 0;
  while (end < text.length || end === 0) {
    part.lastIndex = end;
    const match = part.exec(text);
    if (match === null) return null;
    const [all, whole = '', decimals = '', unit = ''] = match;
    const unitNs = units[unit] ?? 0n;
    ns += BigInt(whole) * unitNs + (BigInt(`0${decimals}`) * unitNs) / 10n ** BigInt(decimals.length);
    end += all.length;
  }
  return ns;
};

/** Whether a name fits the tables of the command line, which show it as it is. */
export const isOneLine = (name: string): boolean => !/[\p{Cc}\u2028\u2029]/u.test(name);

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

/** Documented: lower-case letters, digits and hyphens. The length is that of a DNS label, since others find the container by it. */
const identifier = /^[a-z0-9][a-z0-9-]{0,62}$/;

export const identifierRule = 'lower-case letters, digits and hyphens, at most 63, the first no hyphen';

export const isIdentifier = (text: string): boolean => identifier.test(text);

/** Of the keys of `containers`, in JSON Schema. */
export const identifiersSchema = { propertyNames: { pattern: identifier.source } };

/** Letters, digits and hyphens in labels of at most 63, parted by dots; 63 altogether because Linux takes no more than 64. */
const hostname = /^(?=.{1,63}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;

export const parseHostname = fitting(
  (text) => hostname.test(text),
  'a host name of letters, digits, hyphens and dots, at most 63 characters',
);

/** The host name of a container that sets none: its identifier, less what DNS does not allow. */
export const toHostname = (identifierText: string): string => identifierText.slice(0, 63).replace(/-+$/, '');

/** PARITY: binary multiples (inferred): `256M` is 256 × 1024 × 1024, however the unit is spelled. */
const powers: Readonly<Record<string, number>> = { '': 0, K: 1, M: 2, G: 3, T: 4, P: 5 };

const size = /^(\d{1,16}(?:\.\d{1,3})?) ?([KMGTP]?)(?:I?B)?$/i;

/** Bytes of a size such as `256M`: digits, perhaps decimals, perhaps a unit K, M, G, T or P in either case, also as `MB` or `MiB`. */
export const parseSize = (text: string): Parsed<number> => {
  const [, digits = '', unit = ''] = size.exec(text) ?? [];
  const bytes = Math.ceil(Number(digits) * 1024 ** (powers[unit.toUpperCase()] ?? 0));
  return bytes > 0 && Number.isSafeInteger(bytes)
    ? { ok: true, value: bytes }
    : { ok: false, expected: 'a size above zero, in bytes or with a unit K, M, G, T or P, such as "256M"' };
};

/** What engines take as the name of a network. No engine limits its length; the limit is our choice. */
const networkName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/;

export const networkNameRule =
  "a network's name: letters, digits, dots, hyphens and underscores, the first a letter or digit";

/** The name of a network of the engine, for file, flag, environment and options alike. */
export const parseNetworkName = fitting((text) => networkName.test(text), networkNameRule);

/** What Linux takes of one argument or path of a process, without the NUL behind it. */
const longestBytes = 128 * 1024 - 1;

/** A text that the kernel is handed: it ends at a NUL, and what is longer is refused when the process starts. */
export const parseProcessText = (text: string): Parsed<string> => {
  if (text.includes('\0')) return { ok: false, expected: 'text without NUL' };
  if (Buffer.byteLength(text) > longestBytes)
    return { ok: false, expected: `text of at most ${longestBytes} bytes, which is all that Linux takes` };
  return { ok: true, value: text };
};

/** The same of each argument of a process. */
export const checkArguments = (parsed: Parsed<readonly string[]>): Parsed<readonly string[]> => {
  const wrong = parsed.ok ? parsed.value.map(parseProcessText).find(({ ok }) => !ok) : undefined;
  return wrong === undefined || wrong.ok ? parsed : { ok: false, expected: `arguments, each ${wrong.expected}` };
};

const component = '[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*';
const host = '[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\\d{1,5})?';
const tag = '[\\w][\\w.-]{0,127}';
const digest = 'sha256:[0-9a-f]{64}';
const reference = new RegExp(`^(?:${host}/)?${component}(?:/${component})*(:${tag})?(@${digest})?$`);

const longestReference = 512;

/** The reference of an image with its tag; without tag and digest it is `latest`, as everywhere with Docker. */
export const parseImageReference = (text: string): Parsed<string> => {
  const match = text.length > longestReference ? null : reference.exec(text);
  if (match === null) return { ok: false, expected: 'the name of an image, such as busybox:1.37' };
  const [, tagged, digested] = match;
  return { ok: true, value: tagged === undefined && digested === undefined ? `${text}:latest` : text };
};

const registryUrl = /^(?:https?:\/\/)?([A-Za-z0-9.-]+(?::\d{1,5})?(?:\/[a-z0-9._/-]*)?)$/;

/** The part of a registry's URL that goes before an image's name: host, port and path. */
export const parseRegistryUrl = (text: string): Parsed<string> => {
  const [, place] = (text.length > longestReference ? null : registryUrl.exec(text)) ?? [];
  return place === undefined
    ? { ok: false, expected: 'the URL of a registry without user and password' }
    : { ok: true, value: place.replace(/\/+$/, '') };
};
