import { EmulatorError, errorCodes } from '../errors.ts';
import { loadRawStack, loadStack, type RawStack } from '../stack/load-stack.ts';
import type { Stack } from '../stack/model.ts';
import type { EmulatorOptions } from './options.ts';

/** The stack a user means: by its path, as an object like the file's content, or read before. */
export const resolveStack = async ({
  stack,
  variables,
  variablesFile,
}: Pick<EmulatorOptions, 'stack' | 'variables' | 'variablesFile'>): Promise<Stack> => {
  if (typeof stack === 'string') return await loadStack(stack, { variables, variablesFile });
  if (!isRead(stack)) return await loadRawStack(stack, { variables, variablesFile });
  if (variables === undefined && variablesFile === undefined) return stack;
  throw new EmulatorError(
    errorCodes.badOption,
    'Failed to use the stack variables: the stack has been read already. Give them to loadStack.',
  );
};

/** No section of a stack file is called `functions` or `serverId`, and what has been read has no `containers`. */
const isRead = (stack: RawStack | Stack): stack is Stack =>
  'serverId' in stack && 'functions' in stack && !('containers' in stack);
