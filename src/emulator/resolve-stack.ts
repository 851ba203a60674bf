import { randomBytes } from 'node:crypto';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { refusesAll } from '../stack/access-keys.ts';
import { loadRawStack, loadStack, type RawStack } from '../stack/load-stack.ts';
import type { Stack } from '../stack/model.ts';
import type { EmulatorOptions } from './public-types.ts';

/**
 * The stack a user means: by its path, as an object like the file's content, or read before. Warnings about one that is
 * read here go to the logger, and to the process where there is none; `loadStack` answers them with the stack.
 */
export const resolveStack = async (options: EmulatorOptions): Promise<Stack> => {
  const { stack, root, variables, variablesFile, logger, signal } = options;
  if (typeof stack !== 'string' && isRead(stack)) {
    for (const name of ['root', 'variables', 'variablesFile'] as const) {
      if (options[name] !== undefined) throw readAlready(name);
    }
    return stack;
  }
  const load = { root, variables, variablesFile, signal };
  const read =
    typeof stack === 'string' ? await loadStack(stack, load) : withAccessKey(await loadRawStack(stack, load));
  for (const warning of read.warnings) {
    if (logger === undefined) process.emitWarning(warning, { type: 'CycleStackWarning' });
    else logger.warn({}, warning);
  }
  return read;
};

const readAlready = (option: string): EmulatorError =>
  new EmulatorError(
    errorCodes.badOption,
    `Failed to use the option "${option}": the stack has been read already. Give it to loadStack.`,
  );

/** No section of a stack file is called `functions` or `serverId`, and what has been read has no `containers`. */
export const isRead = (stack: RawStack | Stack): stack is Stack =>
  'serverId' in stack && 'functions' in stack && !('containers' in stack);

export const madeKeyName = 'made for this emulator';

/** A stack in code has its emulator at hand, whose `accessKey` is the key that was made (our choice). */
const withAccessKey = (stack: Stack): Stack =>
  stack.accessKeys.length > 0
    ? stack
    : {
        ...stack,
        accessKeys: [{ name: madeKeyName, secret: randomBytes(16).toString('hex'), ips: [] }],
        warnings: stack.warnings.filter((warning) => !warning.endsWith(refusesAll)),
      };
