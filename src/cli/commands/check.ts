import { dirname } from 'node:path';
import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import { type Domain, toDomainTable } from '../../stack/domains.ts';
import { loadStack } from '../../stack/load-stack.ts';
import type { FunctionSpec, Stack } from '../../stack/model.ts';
import { type StackFlags, toLoadOptions } from '../options.ts';
import { print, printJson, printWarnings, renderTable } from '../output.ts';

export const renderFunctions = (stack: Stack): string =>
  renderTable(
    ['FUNCTION', 'CONTAINER ID', 'INSTANCES', 'IMAGE', 'LIMITS'],
    stack.functions.map((spec) => [
      spec.identifier,
      spec.containerId,
      spec.pool.maxPoolSize > spec.pool.instances
        ? `${spec.pool.instances} to ${spec.pool.maxPoolSize}`
        : String(spec.pool.instances),
      describeImage(spec),
      describeLimits(spec),
    ]),
  );

/** The names under which functions are reached over HTTP. */
export const renderDomains = (domains: readonly Domain[]): string =>
  renderTable(
    ['DOMAIN', 'PATH', 'FUNCTION', 'PORT'],
    domains.map(({ domain, matchPath, identifier, port }) => [domain, matchPath ?? '', identifier, String(port)]),
  );

/** Scoped variables that functions have as files. */
const renderFiles = (stack: Stack): string =>
  renderTable(
    ['FUNCTION', 'FILE', 'MODE', 'OWNER'],
    stack.functions.flatMap(({ identifier, files }) =>
      files.map(({ path, mode, uid, gid }) => [identifier, path, mode.toString(8).padStart(4, '0'), `${uid}:${gid}`]),
    ),
  );

const describeImage = ({ image }: FunctionSpec): string => {
  if (image.type === 'registry') return image.reference;
  const { contextDir, dockerfile } = image;
  return dirname(dockerfile) === contextDir ? `built from ${dockerfile}` : `built from ${dockerfile} in ${contextDir}`;
};

const describeLimits = ({ pool }: FunctionSpec): string => {
  const limits = [`queue ${seconds(pool.maxQueueTimeMs)}`];
  if (pool.maxRuntimeMs !== null) limits.push(`runtime ${seconds(pool.maxRuntimeMs)}`);
  if (pool.maxShardConcurrency !== null) limits.push(`concurrency ${pool.maxShardConcurrency}`);
  return limits.join(', ');
};

const seconds = (ms: number): string => `${ms / 1000} s`;

/** The stack as it may be printed: names of keys and variables, never their secrets. */
const withoutSecrets = (stack: Stack): object => ({
  ...stack,
  accessKeys: stack.accessKeys.map(({ name, ips }) => ({ name, ips })),
  functions: stack.functions.map((spec) => ({
    ...spec,
    environment: Object.keys(spec.environment),
    files: spec.files.map(({ base64: _secret, ...file }) => file),
    image:
      spec.image.type === 'registry'
        ? { type: spec.image.type, reference: spec.image.reference }
        : { ...spec.image, buildArgs: Object.keys(spec.image.buildArgs) },
  })),
});

export type CheckFlags = StackFlags & { readonly json: boolean; readonly strict: boolean };

/** `check <stack>`: says what is wrong with a stack file, or what it would run. */
export const check = async (path: string, options: CheckFlags): Promise<void> => {
  const { json, strict } = options;
  const stack = await loadStack(path, toLoadOptions(options));
  const { source, warnings } = stack;
  const count = warnings.length === 1 ? 'one warning' : `${warnings.length} warnings`;
  if (json) printJson(withoutSecrets(stack));
  if (!json || strict) printWarnings(warnings);
  if (!json) printStack(stack, count);
  if (!strict || warnings.length === 0) return;
  const reason = `it has ${count}. Correct what the warnings name, or check without --strict`;
  throw new EmulatorError(errorCodes.stackInvalid, `Failed to check ${source} strictly: ${reason}.`);
};

const printStack = (stack: Stack, count: string): void => {
  const says = stack.warnings.length === 1 ? 'says' : 'say';
  const used = `can be used, but ${count} ${says} what the emulator leaves out.`;
  print(`${stack.source} ${stack.warnings.length === 0 ? 'is a valid stack.' : used}`);
  print(`Environment ${stack.environment.id}, server ${stack.serverId}`);
  if (stack.functions.length > 0) print(renderFunctions(stack));
  else print('It has no functions: no container has deploy.strategy "function".');
  if (stack.functions.some(({ files }) => files.length > 0)) print(renderFiles(stack));
  const domains = toDomainTable(stack);
  if (domains.length > 0) print(renderDomains(domains));
  const others = stack.otherContainers.map(({ identifier }) => identifier);
  if (others.length > 0) print(`Containers that are not functions and never run: ${others.join(', ')}`);
  print(`Access keys: ${stack.accessKeys.map(({ name }) => name).join(', ') || 'none, so every call is refused'}`);
};
