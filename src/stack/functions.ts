import { suggest } from '../shared/suggest.ts';
import { isRecord } from '../shared/values.ts';
import { composeFields } from './compose-fields.ts';
import { deployFields, networkFields, readDeploy, strategies } from './deploy.ts';
import type { ContainerSettings } from './emulator-section.ts';
import { filesFor, type ScopedVariable, variablesFor } from './environment-variables.ts';
import { imageFields, readImage } from './image.ts';
import type { FileContext, FunctionSpec, ReadContainers, Stack } from './model.ts';
import { checkOtherImage } from './other-image.ts';
import { resourceFields, runtimeFields, toResources } from './process.ts';
import { deferred, field, ignored, passed, readBy, readFields, section } from './reading/fields.ts';
import {
  type Cursor,
  child,
  isAbsent,
  oneOf,
  type Reader,
  readBoolean,
  readString,
  reject,
  text,
  warnUnsupported,
} from './reading/readers.ts';
import { tolerant } from './reading/report.ts';
import { identifierRule, isIdentifier, parseDuration, toHostname } from './values.ts';

type FunctionContext = {
  readonly places: FileContext;
  readonly variables: readonly ScopedVariable[];
};

const configFields = {
  deploy: readBy(readDeploy, deployFields),
  network: section(networkFields),
  runtime: section(runtimeFields),
  resources: section(resourceFields),
  scaling: section({
    instances: section({
      min_ttl: field(
        'duration',
        text(parseDuration),
        'for ever',
        'how long an instance that a claim added stays unused',
      ),
      max: ignored('number', '`max_pool_size` limits a function'),
      max_server: ignored('number'),
    }),
    autoscale_group: ignored('text'),
    window: ignored('duration'),
    thresholds: ignored('objects'),
  }),
  integrations: ignored('object'),
};

const readStateful: Reader<boolean> = (at) => {
  const stateful = readBoolean(at);
  warnUnsupported(at, 'a function keeps nothing between runs, ignored');
  return stateful;
};

/** A container, a function or not. */
export const containerFields = {
  name: field('text', readString, 'the identifier', 'for people'),
  image: deferred('object', 'required', 'where the image comes from', imageFields),
  config: section(configFields),
  stateful: field('boolean', readStateful, '`false`', '`true` is not supported: a function keeps nothing between runs'),
  identifier: passed('text'),
  annotations: passed('object'),
  lock: passed('boolean'),
  volumes: ignored('objects'),
  role: ignored('text'),
  pod: ignored('any'),
  deprecate: ignored('boolean'),
};

/** Reads a container whose strategy is `function`; null where it cannot be used, which is then reported. */
const readFunction = (container: Cursor, target: ContainerSettings, context: FunctionContext): FunctionSpec | null => {
  const given = readFields(container, containerFields, composeFields);
  const image = given?.image ? readImage(given.image, context.places) : null;
  const { deploy, network, runtime, resources, scaling } = given?.config ?? {};
  if (!given || !image || !deploy || !network || !runtime) return null;
  const files = filesFor(target, context.variables);
  const readOnlyRoot = runtime.rootfs?.readonly ?? false;
  const inRoot = files.find(({ path }) => readOnlyRoot && path.lastIndexOf('/') === 0);
  if (inRoot !== undefined) {
    const at = ['config', 'runtime', 'rootfs', 'readonly'].reduce(child, container);
    reject(
      at,
      `false, or a folder for the file ${inRoot.path} of a scoped variable: into / itself nothing can be mounted`,
    );
  }
  return {
    ...target,
    ...deploy,
    pool: { ...deploy.pool, minTtlMs: scaling?.instances?.min_ttl ?? null },
    name: given.name || target.identifier,
    image,
    command: runtime.command,
    workdir: runtime.workdir,
    environment: { ...variablesFor(target, context.variables), ...runtime.environment_vars },
    files,
    network: {
      public: network.public ?? 'disable',
      hostname: network.hostname ?? toHostname(target.identifier),
      ports: network.ports ?? [],
    },
    resources: toResources(resources ?? null, runtime),
    sysctls: runtime.sysctl ?? {},
    rlimits: runtime.rlimits ?? {},
    capabilities: runtime.capabilities ?? [],
    readOnlyRoot,
  };
};

/** Checks a container that is no function. It is never run, so nothing that is wrong with it keeps the stack from being used. */
const checkContainer = (at: Cursor): void => {
  const given = readFields({ ...at, report: tolerant(at.report) }, containerFields, composeFields);
  if (given?.image) checkOtherImage(given.image);
};

/** The environment's addresses have room for no more (our choice). */
const mostFunctions = 250;

/** Past this a file is no stack, and looking for names that were meant would take long. */
const mostContainers = 1_000;

/** The keys of `containers`; null where nothing else can be read because of them. */
export const readIdentifiers = (at: Cursor): readonly string[] | null => {
  if (!isRecord(at.value)) return reject(at, 'an object of containers by identifier');
  const identifiers = Object.keys(at.value);
  if (identifiers.length > mostContainers) {
    at.report.problem(at.path, `${identifiers.length} containers, expected at most ${mostContainers}`);
    return null;
  }
  for (const key of identifiers.filter((text) => !isIdentifier(text))) {
    at.report.problem([...at.path, key], `not an identifier of a container, expected ${identifierRule}`);
  }
  return identifiers;
};

/** Reads `containers`. Those that are no functions are never run: what is wrong with them is a warning. */
export const readContainers = (
  at: Cursor,
  targets: readonly ContainerSettings[],
  context: FunctionContext,
): ReadContainers => {
  const functions: FunctionSpec[] = [];
  const otherContainers: Stack['otherContainers'][number][] = [];
  const unread: string[] = [];
  for (const target of targets) {
    const container = child(at, target.identifier);
    if (isFunction(container)) {
      const spec = readFunction(container, target, context);
      if (spec === null) unread.push(target.identifier);
      else functions.push(spec);
    } else {
      checkContainer(container);
      otherContainers.push({ identifier: target.identifier, containerId: target.containerId });
    }
  }
  const functionsSeen = functions.length + unread.length;
  if (functionsSeen === 0) at.report.warn(at.path, 'none has deploy.strategy function, so nothing can be claimed');
  if (functionsSeen > mostFunctions) {
    at.report.problem(at.path, `${functionsSeen} functions, expected at most ${mostFunctions}`);
  }
  return { functions, otherContainers, unread };
};

const isFunction = (at: Cursor): boolean => {
  if (!isRecord(at.value)) return reject(at, 'an object') ?? false;
  const config = child(at, 'config');
  const deploy = child(config, 'deploy');
  for (const part of [config, deploy]) {
    if (!isAbsent(part) && !isRecord(part.value)) return reject(part, 'an object') ?? false;
  }
  return isFunctionStrategy(child(deploy, 'strategy'));
};

/** One that is unknown, and not nearly another: then all that is wrong with a function is reported beside it. */
const isFunctionStrategy = (at: Cursor): boolean => {
  const strategy = oneOf(strategies)(at);
  if (strategy !== null || typeof at.value !== 'string') return strategy === 'function';
  return [null, 'function'].includes(suggest(at.value, strategies));
};
