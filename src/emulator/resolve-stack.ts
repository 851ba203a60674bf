import { randomBytes } from 'node:crypto';
import { EmulatorError, errorCodes } from '../errors.ts';
import { loadRawStack, loadStack, type RawStack } from '../stack/load-stack.ts';
import type { Stack } from '../stack/model.ts';
import type { EmulatorOptions } from './options.ts';

/**
 * The stack a user means: by its path, as an object like the file's content, or read before. Warnings about one that is
 * read here go to the logger, and to the process where there is none; `loadStack` answers them with the stack.
 */
export const resolveStack = async ({ stack, root, logger }: EmulatorOptions): Promise<Stack> => {
  if (typeof stack !== 'string' && isRead(stack)) {
    if (root === undefined) return stack;
    throw new EmulatorError(
      errorCodes.badOption,
      `Failed to use the root ${JSON.stringify(root)}: the stack has been read already. Give the root to loadStack.`,
    );
  }
  const read =
    typeof stack === 'string' ? await loadStack(stack, { root }) : withAccessKey(loadRawStack(stack, { root }));
  for (const warning of read.warnings) {
    if (logger === undefined) process.emitWarning(warning, { type: 'CycleStackWarning' });
    else logger.warn({}, warning);
  }
  return read;
};

/** No section of a stack file is called `functions` or `serverId`, and what has been read has no `containers`. */
const isRead = (stack: RawStack | Stack): stack is Stack =>
  'serverId' in stack && 'functions' in stack && !('containers' in stack);

/** A stack in code has its emulator at hand, which tells the key that nobody has thought of (our choice). */
const withAccessKey = (stack: Stack): Stack =>
  stack.accessKeys.length > 0
    ? stack
    : { ...stack, accessKeys: [{ name: 'made for this emulator', secret: randomBytes(16).toString('hex'), ips: [] }] };
