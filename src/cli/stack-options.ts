import { type Command, CommanderError, Option } from 'commander';
import { toMessage } from '../shared/errors.ts';
import type { LoadOptions } from '../stack/load-stack.ts';
import { parseVariableArguments } from '../stack/variables/variable-arguments.ts';
import { printError } from './output.ts';

/** What every command that reads a stack takes for it. */
export type StackFlags = { readonly root?: string; readonly var?: readonly string[]; readonly varFile?: string };

const rootOption = new Option(
  '--root <folder>',
  "folder in which the stack's context_dir and build_file start (default: the stack file's)",
).env('CYCLE_SCHEDULER_ROOT');

/** Commander shows what it refuses, and this may be a secret: so it is reported here, as bad usage. */
const collect = (argument: string, before: readonly string[] = []): readonly string[] => {
  const given = [...before, argument];
  try {
    parseVariableArguments(given);
  } catch (error) {
    printError(toMessage(error));
    throw new CommanderError(2, 'cycle-scheduler.variable', toMessage(error));
  }
  return given;
};

const variableOption = new Option(
  '--var <name=value>',
  'a value for {{name}} in the stack; may be given again (also CYCLE_STACK_VAR_<NAME>)',
).argParser(collect);

const variablesFileOption = new Option(
  '--var-file <path>',
  'YAML or JSON file of such values by name; --var overrides it',
).env('CYCLE_SCHEDULER_VAR_FILE');

export const addStackOptions = (command: Command): Command =>
  command.addOption(rootOption).addOption(variableOption).addOption(variablesFileOption);

export const toLoadOptions = ({ root, var: given, varFile }: StackFlags): LoadOptions => ({
  ...(root === undefined ? {} : { root }),
  ...(given === undefined ? {} : { variables: parseVariableArguments(given) }),
  ...(varFile === undefined ? {} : { variablesFile: varFile }),
});
