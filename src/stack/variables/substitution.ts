import type { StackVariables } from './stack-variables.ts';
import { environmentNameOf, placeholders } from './variable-name.ts';

/** A word of the format: it stands in messages by chance, and is no secret. */
const ordinary = /^([a-z]{1,8}|.{1,3})$/su;

/** One stack's use of its variables: fills texts, and remembers which it has used. */
export class Substitution {
  readonly #variables: StackVariables;
  readonly #used = new Map<string, string>();

  constructor(variables: StackVariables) {
    this.#variables = variables;
  }

  /** The text with every variable's value in its place, or the names that have none. Values are not looked through again. */
  fill(template: string): { readonly text: string } | { readonly missing: readonly string[] } {
    const missing: string[] = [];
    const text = template.replaceAll(placeholders, (placeholder, name: string) => {
      const value = this.#variables.get(name);
      this.#used.set(name, value ?? '');
      if (value !== undefined) return value;
      missing.push(name);
      return placeholder;
    });
    return missing.length > 0 ? { missing } : { text };
  }

  get unused(): readonly string[] {
    return this.#variables.mustBeUsed.filter((name) => !this.#used.has(name));
  }

  get names(): readonly string[] {
    return [...this.#used.keys()];
  }

  /**
   * The message with the names of variables where it shows their values. Only where it is `about` a value are ordinary
   * words looked for as well.
   */
  readonly conceal = (message: string, { about }: { readonly about: boolean }): string => {
    const names = new Map<string, string>();
    for (const [name, value] of this.#used) {
      if (value === '' || (ordinary.test(value) && !about)) continue;
      for (const form of [value, JSON.stringify(value).slice(1, -1)]) names.set(form, name);
    }
    if (names.size === 0) return message;
    // Longest first: one value may be part of another.
    const forms = [...names.keys()].sort((a, b) => b.length - a.length).map(toPattern);
    return message.replaceAll(new RegExp(forms.join('|'), 'g'), (form) => `{{${names.get(form) ?? ''}}}`);
  };
}

/** An ordinary word counts as a word of its own, not as a part of one. */
const toPattern = (form: string): string => {
  const literal = form.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  return ordinary.test(form) ? `(?<!\\w)${literal}(?!\\w)` : literal;
};

export const describeMissing = (name: string): string =>
  `the variable {{${name}}} has no value: give --var ${name}=…, a --var-file that has it, or ${environmentNameOf(name)}`;
