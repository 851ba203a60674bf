import type { ContainerId } from '../shared/ids.ts';
import { suggest } from '../shared/suggest.ts';
import { composeFields } from './compose-fields.ts';
import { readDeploy, readNetwork } from './deploy.ts';
import { readImage } from './image.ts';
import type { FileContext, FunctionSpec, Stack } from './model.ts';
import { checkOtherImage } from './other-image.ts';
import { readResources, readRuntime } from './process.ts';
import { type Cursor, child, isAbsent, isPlainObject, reject } from './reading/cursor.ts';
import { type OtherFields, oneOf, readBoolean, readObject, readString, warnUnsupported } from './reading/readers.ts';
import { tolerant } from './reading/report.ts';
import { identifierRule, isIdentifier } from './values.ts';
import { type ScopedVariable, type Target, variablesFor } from './variables.ts';

type FunctionContext = {
  readonly places: FileContext;
  readonly variables: readonly ScopedVariable[];
  readonly hot: (identifier: string) => number | null;
  readonly processes: (identifier: string) => number;
};

/** Reads a container whose strategy is `function`; null where it cannot be used, which is then reported. */
const readFunction = (at: Cursor, target: Target, surroundings: FunctionContext): FunctionSpec | null =>
  readObject(at, containerFields, (field) => {
    const name = readString(field('name')) || target.identifier;
    const image = readImage(field('image'), surroundings.places);
    readBoolean(field('stateful'));
    warnUnsupported(field('stateful'), 'a function keeps nothing between runs, ignored');
    const config = readConfig(field('config'), target.identifier);
    if (image === null || config === null) return null;
    const environment = { ...variablesFor(target, surroundings.variables), ...config.environment };
    const { hot, processes } = surroundings;
    const own = { hot: hot(target.identifier), processes: processes(target.identifier) };
    return { ...target, name, image, ...config, environment, ...own };
  });

/** Checks a container that is no function. It is never run, so nothing that is wrong with it keeps the stack from being used. */
const checkContainer = (container: Cursor, { identifier }: Target): void => {
  const at = { ...container, report: tolerant(container.report) };
  readObject(at, containerFields, (field) => {
    readString(field('name'));
    checkOtherImage(field('image'));
    readBoolean(field('stateful'));
    readConfig(field('config'), identifier);
  });
};

const containerFields: OtherFields = {
  harmless: { identifier: 'text', annotations: 'object', lock: 'boolean' },
  unsupported: { volumes: 'objects', role: 'text', pod: 'any', deprecate: 'boolean' },
  foreign: composeFields,
};

type Config = Omit<FunctionSpec, 'containerId' | 'identifier' | 'name' | 'image' | 'hot' | 'processes'>;

const readConfig = (at: Cursor, identifier: string): Config | null =>
  readObject(at, { unsupported: { scaling: 'object', integrations: 'object' } }, (field) => {
    const deploy = readDeploy(field('deploy'));
    const network = readNetwork(field('network'), identifier);
    const runtime = readRuntime(field('runtime'));
    const limits = readResources(field('resources'));
    if (deploy === null || network === null || runtime === null || limits === null) return null;
    const { sharedMemoryBytes, ...process } = runtime;
    return { ...deploy, network, ...process, resources: { ...limits, sharedMemoryBytes } };
  });

/** The environment's addresses have room for no more (our choice). */
const mostFunctions = 250;

/** Past this a file is no stack, and looking for names that were meant would take long. */
const mostContainers = 1_000;

/** Documented: how the platform spreads instances over servers. All but `function` run all the time. */
const strategies = [
  'function',
  'resource-density',
  'manual',
  'high-availability',
  'first-available',
  'node',
  'edge',
] as const;

/** Containers with their IDs. Keys that are no identifiers are reported. */
export const readTargets = (
  at: Cursor,
  identifiers: readonly string[],
  toId: (identifier: string) => ContainerId,
): readonly Target[] =>
  identifiers.map((identifier) => {
    if (!isIdentifier(identifier)) {
      at.report.problem([...at.path, identifier], `not an identifier of a container, expected ${identifierRule}`);
    }
    return { identifier, containerId: toId(identifier) };
  });

/** The keys of `containers`; null where nothing else can be read because of them. */
export const readIdentifiers = (at: Cursor): readonly string[] | null => {
  if (!isPlainObject(at.value)) return reject(at, 'an object of containers by identifier');
  const identifiers = Object.keys(at.value);
  if (identifiers.length <= mostContainers) return identifiers;
  at.report.problem(at.path, `${identifiers.length} containers, expected at most ${mostContainers}`);
  return null;
};

/** Reads `containers`. Those that are no functions are never run: what is wrong with them is a warning. */
export const readContainers = (
  at: Cursor,
  targets: readonly Target[],
  surroundings: FunctionContext,
): Pick<Stack, 'functions' | 'otherContainers'> => {
  const functions: FunctionSpec[] = [];
  const otherContainers: Target[] = [];
  let functionsSeen = 0;
  for (const target of targets) {
    const container = child(at, target.identifier);
    if (isFunction(container)) {
      functionsSeen += 1;
      const spec = readFunction(container, target, surroundings);
      if (spec !== null) functions.push(spec);
    } else {
      checkContainer(container, target);
      otherContainers.push(target);
    }
  }
  if (functionsSeen === 0) at.report.warn(at.path, 'none has deploy.strategy function, so nothing can be claimed');
  if (functionsSeen > mostFunctions) {
    at.report.problem(at.path, `${functionsSeen} functions, expected at most ${mostFunctions}`);
  }
  return { functions, otherContainers };
};

const isFunction = (at: Cursor): boolean => {
  if (!isPlainObject(at.value)) return reject(at, 'an object') ?? false;
  const config = child(at, 'config');
  const deploy = child(config, 'deploy');
  for (const part of [config, deploy]) {
    if (!isAbsent(part) && !isPlainObject(part.value)) return reject(part, 'an object') ?? false;
  }
  return isFunctionStrategy(child(deploy, 'strategy'));
};

/** One that is unknown, and not nearly another: then all that is wrong with a function is reported beside it. */
const isFunctionStrategy = (at: Cursor): boolean => {
  const strategy = oneOf(strategies)(at);
  if (strategy !== null || typeof at.value !== 'string') return strategy === 'function';
  return [null, 'function'].includes(suggest(at.value, strategies));
};
