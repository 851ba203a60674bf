import { EmulatorError, errorCodes } from '../errors.ts';
import { type LoadOptions, loadRawStack, loadStack, type RawStack } from '../stack/load-stack.ts';
import type { Stack } from '../stack/model.ts';

/** The stack a user means: by its path, as an object like the file's content, or read before. */
export const resolveStack = async (stack: string | RawStack | Stack, options: LoadOptions): Promise<Stack> => {
  if (typeof stack === 'string') return await loadStack(stack, options);
  if (!isRead(stack)) return loadRawStack(stack, options);
  if (options.root === undefined) return stack;
  throw new EmulatorError(
    errorCodes.badOption,
    `Failed to use the root ${JSON.stringify(options.root)}: the stack has been read already. Give the root to loadStack.`,
  );
};

/** No section of a stack file is called `functions` or `serverId`, and what has been read has no `containers`. */
const isRead = (stack: RawStack | Stack): stack is Stack =>
  'serverId' in stack && 'functions' in stack && !('containers' in stack);
