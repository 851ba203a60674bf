import { isRecord } from '../../shared/values.ts';
import { parseArgs, parseDuration, parseSize } from '../../stack/values.ts';

/** What stands in a Compose file that a stack says in another way; null of what cannot be understood. */
type Understood<Value> = Value | null;

const toText = (value: unknown): string | null =>
  ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : null;

/** A list of `NAME=value` or a map; null for a name without a value. */
export const toEntries = (value: unknown): Understood<Readonly<Record<string, string | null>>> => {
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([name, given]) => [name, toText(given)]));
  if (!Array.isArray(value)) return null;
  const entries = value.map((item) => /^([^=]+)(?:=(.*))?$/s.exec(String(item)));
  return Object.fromEntries(entries.flatMap((found) => (found ? [[found[1] ?? '', found[2] ?? null]] : [])));
};

/** A command as a list, or in one text that is split as a shell does. */
export const toWords = (value: unknown): Understood<readonly string[]> => {
  if (Array.isArray(value)) return value.map(String);
  if (typeof value !== 'string') return null;
  const parsed = parseArgs(value);
  return parsed.ok ? parsed.value : null;
};

/** Arguments in one text, as `runtime.command.args` has them. */
export const joinWords = (words: readonly string[]): string =>
  words
    .map((word) => {
      if (/^[^\s"'\\]+$/.test(word)) return word;
      return word.includes("'") ? `"${word.replaceAll(/["\\]/g, '\\$&')}"` : `'${word}'`;
    })
    .join(' ');

/** `outside:inside` of a port; null of what a stack cannot say: ranges, UDP. */
export const toPort = (value: unknown): Understood<string> => {
  if (isRecord(value)) {
    const { target, published = target, protocol = 'tcp' } = value as Readonly<Record<string, unknown>>;
    return protocol === 'tcp' ? toPort(`${published}:${target}`) : null;
  }
  // An address of the machine that it is published on may stand before it.
  const [, outside, inside] =
    /^(?:(?:\d+(?:\.\d+){3}|\[[\da-f:]+\]):)?(?:(\d{1,5}|\{\{[a-z0-9-]+\}\}):)?(\d{1,5}|\{\{[a-z0-9-]+\}\})(?:\/tcp)?$/.exec(
      String(value),
    ) ?? [];
  if (inside === undefined) return null;
  return outside === undefined || outside === inside ? inside : `${outside}:${inside}`;
};

export const toDuration = (value: unknown): Understood<string> =>
  typeof value === 'string' && parseDuration(value).ok ? value : null;

export const toSize = (value: unknown): Understood<string> => {
  const text = toText(value);
  return text !== null && parseSize(text).ok ? text : null;
};

export const toCount = (value: unknown): Understood<number> =>
  Number.isSafeInteger(Number(value)) && Number(value) >= 0 && value !== null && value !== '' ? Number(value) : null;

/** The check of a service as `deploy.health_check`, with what Compose fills in. */
export const toHealthCheck = (value: unknown): Understood<object> => {
  if (!isRecord(value)) return null;
  const test = value['test'];
  const words = typeof test === 'string' ? ['CMD-SHELL', test] : toWords(test);
  const [kind, ...rest] = words ?? [];
  const command = kind === 'CMD-SHELL' ? ['/bin/sh', '-c', rest.join(' ')] : kind === 'CMD' ? rest : [];
  const [interval, timeout] = [value['interval'] ?? '30s', value['timeout'] ?? '30s'].map(toDuration);
  const retries = toCount(value['retries'] ?? 3);
  if (command.length === 0 || !interval || !timeout || retries === null) return null;
  const delay = toDuration(value['start_period']);
  return { command: joinWords(command), retries, ...(delay && { delay }), interval, timeout, restart: false };
};
