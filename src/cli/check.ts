import { loadStack } from '../stack/load-stack.ts';
import { renderFunctions } from './functions-table.ts';
import { print, printJson, printWarnings } from './output.ts';
import { withoutSecrets } from './without-secrets.ts';

export type CheckFlags = { readonly root?: string; readonly json: boolean };

/** `check <stack>`: says what is wrong with a stack file, or what it would run. */
export const check = async (path: string, options: CheckFlags): Promise<void> => {
  const stack = await loadStack(path, { root: options.root });
  if (options.json) return printJson(withoutSecrets(stack));
  printWarnings(stack.warnings);
  print(`${stack.source} is a valid stack.`);
  print(`Environment ${stack.environment.id}, server ${stack.serverId}`);
  if (stack.functions.length > 0) print(renderFunctions(stack));
  else print('It has no functions: no container has deploy.strategy "function".');
  const others = stack.otherContainers.map(({ identifier }) => identifier);
  if (others.length > 0) print(`Not functions, so known but never run: ${others.join(', ')}`);
  print(`Access keys: ${stack.accessKeys.map(({ name }) => name).join(', ') || 'none, so nobody gets in'}`);
};
