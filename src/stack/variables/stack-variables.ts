import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import { quote } from '../../shared/render-value.ts';
import { didYouMean } from '../../shared/suggest.ts';

/** Documented: letters a to z, digits and hyphens. `{{name}}` and `{{$name}}` are the same variable. */
const name = /^[a-z0-9-]+$/;

export const variableNameRule = 'a-z, 0-9 and hyphens';

export const isVariableName = (text: string): boolean => name.test(text);

/** Where a text names variables. `{{ name }}`, `{{.Name}}` and the like name none (documented pattern): they stay as they are. */
export const placeholders = /\{\{\$?([a-z0-9-]+)\}\}/g;

/** Whether the text is one variable and nothing else. */
export const isPlaceholder = (text: string): boolean => /^\{\{\$?[a-z0-9-]+\}\}$/.test(text);

/** The environment variable that gives a stack variable its value: `a-b` is `CYCLE_STACK_VAR_A_B` (our choice). */
const environmentNameOf = (variable: string): string =>
  `CYCLE_STACK_VAR_${variable.replaceAll('-', '_').toUpperCase()}`;

/** What gives stack variables their values; of several that give one, the first here counts. */
export type VariableSources = {
  /**
   * Values by name. One that the stack does not use is a problem. Numbers and booleans are the texts they are written as.
   */
  readonly variables?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** Path of a flat YAML or JSON file of values by name; it may hold more than this stack uses. */
  readonly variablesFile?: string | undefined;
  /** Holds `CYCLE_STACK_VAR_<NAME>`; that of the process without it. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
};

/** Values of stack variables. They may be secrets, and no message shows them. */
export type StackVariables = {
  /** Undefined where nothing gives a value. */
  readonly get: (name: string) => string | undefined;
  /** Names that were given for this stack alone, so that one it does not use is a mistake. */
  readonly mustBeUsed: readonly string[];
};

export const noVariables: StackVariables = { get: () => undefined, mustBeUsed: [] };

/** Values from all sources, the file's already read. Throws an EmulatorError where a name is impossible. */
export const toVariables = (
  { variables = {}, environment = process.env }: VariableSources,
  inFile: Readonly<Record<string, string>> = {},
): StackVariables => {
  for (const [name, value] of Object.entries(variables)) checkGiven(name, value);
  const given = new Map(Object.entries(variables));
  const filed = new Map(Object.entries(inFile));
  return {
    get: (name) => given.get(name)?.toString() ?? filed.get(name) ?? environment[environmentNameOf(name)],
    mustBeUsed: [...given.keys()],
  };
};

const checkGiven = (name: string, value: unknown): void => {
  const shown = quote(name);
  if (!isVariableName(name)) {
    const lower = name.toLowerCase().replaceAll('_', '-');
    const hint = isVariableName(lower) ? didYouMean(name, [lower]) : '';
    throw bad(`${shown} is not a name of one${hint}`, `Use ${variableNameRule}`);
  }
  if (!['string', 'number', 'boolean'].includes(typeof value)) {
    throw bad(`${shown} has no text, number or boolean as its value`, 'Give one');
  }
};

const bad = (reason: string, advice: string): EmulatorError =>
  new EmulatorError(errorCodes.badOption, `Failed to read the stack variables: ${reason}. ${advice}.`);

/**
 * Values by name from arguments `name=value`. Throws an EmulatorError `badOption` that shows no value: an argument without
 * "=" may be a value whose name was forgotten.
 */
export const parseVariableArguments = (given: readonly string[]): Readonly<Record<string, string>> => {
  const values = new Map<string, string>();
  for (const [index, argument] of given.entries()) {
    const [name, value] = splitAtEquals(argument);
    if (value === null) throw badArgument(`number ${index + 1} has no "="`);
    if (name === '') throw badArgument(`number ${index + 1} has no name before its "="`);
    if (!isVariableName(name)) throw badArgument(`${quote(name)} is not a name of a variable`);
    if (values.has(name)) throw badArgument(`${name} is given twice`);
    values.set(name, value);
  }
  return Object.fromEntries(values);
};

const splitAtEquals = (argument: string): readonly [string, string | null] => {
  const at = argument.indexOf('=');
  return at === -1 ? [argument, null] : [argument.slice(0, at), argument.slice(at + 1)];
};

const badArgument = (reason: string): EmulatorError =>
  new EmulatorError(
    errorCodes.badOption,
    `Failed to read --var: ${reason}. Write --var name=value, with a name of ${variableNameRule}.`,
  );

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

/** Of a file, which commands and programs read; a stack that was built in code has no flags. */
export const describeMissing = (name: string, isInCode = false): string => {
  const ways = isInCode
    ? 'it in the option variables, a variablesFile that has it'
    : `--var ${name}=… (in code the option variables), a --var-file that has it`;
  return `the variable {{${name}}} has no value: give ${ways}, or ${environmentNameOf(name)}`;
};
