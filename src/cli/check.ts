import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { loadStack } from '../stack/load-stack.ts';
import type { Stack } from '../stack/model.ts';
import { renderFunctions } from './functions-table.ts';
import { print, printJson, printWarnings } from './output.ts';
import { type StackFlags, toLoadOptions } from './stack-options.ts';
import { withoutSecrets } from './without-secrets.ts';

export type CheckFlags = StackFlags & { readonly json: boolean; readonly strict: boolean };

/** `check <stack>`: says what is wrong with a stack file, or what it would run. */
export const check = async (path: string, options: CheckFlags): Promise<void> => {
  const stack = await loadStack(path, toLoadOptions(options));
  if (options.json) printJson(withoutSecrets(stack));
  if (!options.json || options.strict) printWarnings(stack.warnings);
  if (!options.json) printStack(stack);
  if (options.strict) refuseWarnings(stack);
};

/** @throws EmulatorError `stackInvalid` where there are any */
const refuseWarnings = ({ source, warnings: { length } }: Stack): void => {
  if (length === 0) return;
  const count = length === 1 ? 'one warning' : `${length} warnings`;
  throw new EmulatorError(
    errorCodes.stackInvalid,
    `Failed to check ${source} strictly: it has ${count}. Correct what the warnings name, or check without --strict.`,
  );
};

const printStack = (stack: Stack): void => {
  print(describe(stack));
  print(`Environment ${stack.environment.id}, server ${stack.serverId}`);
  if (stack.functions.length > 0) print(renderFunctions(stack));
  else print('It has no functions: no container has deploy.strategy "function".');
  const others = stack.otherContainers.map(({ identifier }) => identifier);
  if (others.length > 0) print(`Containers that are not functions and never run: ${others.join(', ')}`);
  print(`Access keys: ${stack.accessKeys.map(({ name }) => name).join(', ') || 'none, so every call is refused'}`);
};

const describe = ({ source, warnings: { length } }: Stack): string => {
  if (length === 0) return `${source} is a valid stack.`;
  return `${source} can be used, but ${length === 1 ? 'one warning says' : `${length} warnings say`} what the emulator leaves out.`;
};
