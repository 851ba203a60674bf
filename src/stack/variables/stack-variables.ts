import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import { didYouMean } from '../../shared/suggest.ts';
import { environmentNameOf, isVariableName, variableNameRule } from './variable-name.ts';

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
  const shown = JSON.stringify(name);
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
