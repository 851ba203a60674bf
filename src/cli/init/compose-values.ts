import { isRecord } from '../../shared/values.ts';
import { parseArgs, parseDuration, parseSize } from '../../stack/values.ts';
import { placeholders } from '../../stack/variables/stack-variables.ts';

export type Tree = Readonly<Record<string, unknown>>;

/** What a stack says in the place of something in a Compose file; null of what it cannot say. */
export type Say<Value> = (value: unknown) => Value | null;

const toText = (value: unknown): string | null =>
  ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : null;

/** A list of `NAME=value` or a map; null for a name without a value. */
export const toEntries: Say<Readonly<Record<string, string | null>>> = (value) => {
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([name, given]) => [name, toText(given)]));
  if (!Array.isArray(value)) return null;
  const entries = value.map((item) => /^([^=]+)(?:=(.*))?$/s.exec(String(item)));
  return Object.fromEntries(entries.flatMap((found) => (found ? [[found[1] ?? '', found[2] ?? null]] : [])));
};

/** A command as a list, or in one text that is split as a shell does. */
export const toWords: Say<readonly string[]> = (value) => {
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
export const toPort: Say<string> = (value) => {
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

export const toDuration: Say<string> = (value) => (typeof value === 'string' && parseDuration(value).ok ? value : null);

export const toSize: Say<string> = (value) => {
  const text = toText(value);
  return text !== null && parseSize(text).ok ? text : null;
};

export const toCount: Say<number> = (value) =>
  Number.isSafeInteger(Number(value)) && Number(value) >= 0 && value !== null && value !== '' ? Number(value) : null;

/** The check of a service as `deploy.health_check`, with what Compose fills in. */
export const toHealthCheck: Say<object> = (value) => {
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

/** `$NAME`, `${NAME}`, `${NAME:-default}` and the like, and `$$`, as Compose has them. */
const form = /\$(?:\$|([a-zA-Z_]\w*)|\{([a-zA-Z_]\w*)(?:(:?[-?+])([^{}]*))?\})/g;

/** The stack variable that takes the place of one of Compose's. */
const toVariable = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll('_', '-')
    .replace(/^-+(?=.)/, '');

/** The stack variable whose value begins a text that only looks like a variable: a stack has no other way to say it. */
export const bracesVariable = 'two-braces';

/** Values of Compose's variables, as far as the file has them, and what to say of the rest. */
export class Interpolation {
  /** Stack variables that need a value, by the names they had. */
  readonly open = new Map<string, string>();
  /** Names whose default was written in their place. */
  readonly defaults = new Set<string>();
  /** Whether a text of the file has the form of a stack's variable. */
  hasBraces = false;

  /** A value with its texts filled. */
  fill(value: unknown): unknown {
    if (typeof value === 'string') return this.#fillText(value);
    if (Array.isArray(value)) return value.map((item) => this.fill(item));
    if (!isRecord(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [this.#keepText(key), this.fill(inner)]));
  }

  /** `{{name}}` for one of Compose's variables. */
  toPlaceholder(name: string): string {
    const variable = toVariable(name);
    this.open.set(variable, name);
    return `{{${variable}}}`;
  }

  /** Variables are set in last: until then, what looks like one is text. */
  #fillText(text: string): string {
    const variables: string[] = [];
    const filled = text.replaceAll(form, (all, plain?: string, braced?: string, operator = '', word = '') => {
      const name = plain ?? braced;
      if (name === undefined) return all === '$$' ? '$' : all;
      if (!operator.endsWith('-')) return `\0${variables.push(this.toPlaceholder(name)) - 1}\0`;
      this.defaults.add(name);
      return word;
    });
    return this.#keepText(filled).replaceAll(/\0(\d+)\0/g, (_all, index: string) => variables[Number(index)] ?? '');
  }

  #keepText(text: string): string {
    return text.replaceAll(placeholders, (all) => {
      this.hasBraces = true;
      return `{{${bracesVariable}}}${all.slice(2)}`;
    });
  }
}
