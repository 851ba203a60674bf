import { isRecord } from '../../shared/values.ts';

/** `$NAME`, `${NAME}`, `${NAME:-default}` and the like, and `$$`, as Compose has them. */
const form = /\$(?:\$|([a-zA-Z_]\w*)|\{([a-zA-Z_]\w*)(?:(:?[-?+])([^{}]*))?\})/g;

/** The stack variable that takes the place of one of Compose's. */
const toVariable = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll('_', '-')
    .replace(/^-+(?=.)/, '');

/** Values of Compose's variables, as far as the file has them, and what to say of the rest. */
export class Interpolation {
  /** Stack variables that need a value, by the names they had. */
  readonly open = new Map<string, string>();
  /** Names whose default was written in their place. */
  readonly defaults = new Set<string>();

  /** A value with its texts filled. */
  fill(value: unknown): unknown {
    if (typeof value === 'string') return this.#fillText(value);
    if (Array.isArray(value)) return value.map((item) => this.fill(item));
    if (!isRecord(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.fill(inner)]));
  }

  /** `{{name}}` for one of Compose's variables. */
  toPlaceholder(name: string): string {
    const variable = toVariable(name);
    this.open.set(variable, name);
    return `{{${variable}}}`;
  }

  #fillText(text: string): string {
    return text.replaceAll(form, (all, plain?: string, braced?: string, operator = '', word = '') => {
      const name = plain ?? braced;
      if (name === undefined) return all === '$$' ? '$' : all;
      if (!operator.endsWith('-')) return this.toPlaceholder(name);
      this.defaults.add(name);
      return word;
    });
  }
}
