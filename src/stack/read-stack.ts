import { suggest } from '../shared/suggest.ts';
import { isRecord } from '../shared/values.ts';
import { reportDisabledScheduler, servicesFields } from './access-keys.ts';
import { composeFields } from './compose-fields.ts';
import { deployFields, networkFields, readDeploy, strategies } from './deploy.ts';
import { reportUnreached } from './domains.ts';
import {
  type ContainerSettings,
  emulatorFields,
  readEmulatorSection,
  reportSharedIds,
  reportTooManyReady,
} from './emulator-section.ts';
import {
  filesFor,
  readScopedVariables,
  type ScopedVariable,
  variableFields,
  variablesFor,
} from './environment-variables.ts';
import { imageFields, readImage } from './image.ts';
import { readLinked } from './linked.ts';
import type { FileContext, FunctionSpec, ReadContainers, Stack } from './model.ts';
import { checkOtherImage } from './other-image.ts';
import { resourceFields, runtimeFields, toResources } from './process.ts';
import { Cursor } from './reading/cursor.ts';
import {
  deferred,
  describedBy,
  field,
  ignored,
  oneOf,
  passed,
  type Reader,
  readBoolean,
  readBy,
  readFields,
  readString,
  required,
  section,
  text,
} from './reading/fields.ts';
import { homesOf } from './reading/homes.ts';
import { type Report, tolerant } from './reading/report.ts';
import { identifierRule, identifiersSchema, isIdentifier, parseDuration, toHostname } from './values.ts';

const configFields = {
  deploy: readBy(readDeploy, deployFields),
  network: section(networkFields),
  runtime: section(runtimeFields),
  resources: section(resourceFields),
  scaling: section({
    instances: section({
      min_ttl: field('duration', text(parseDuration), 'for ever').about(
        'how long an instance that a claim added stays unused',
      ),
      max: ignored('number').about('`max_pool_size` limits a function'),
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
  at.warnUnsupported('a function keeps nothing between runs, ignored');
  return stateful;
};

/** A container, a function or not. */
const containerFields = {
  name: field('text', readString, 'the identifier').about('for people'),
  image: deferred('object', 'required', imageFields).about('where the image comes from'),
  config: section(configFields),
  stateful: field('boolean', readStateful, '`false`').about(
    '`true` is not supported: a function keeps nothing between runs',
  ),
  identifier: passed('text'),
  annotations: passed('object'),
  lock: passed('boolean'),
  volumes: ignored('objects'),
  role: ignored('text'),
  pod: ignored('any'),
  deprecate: ignored('boolean'),
};

const homes = homesOf(containerFields);

/** Keys beside `containers` that look like one that is indented too little. */
const strayContainers = (stack: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(stack)
      .filter(([, value]) => isRecord(value) && ('image' in value || 'config' in value))
      .map(([key]) => [key, 'it looks like a container, which belongs under containers: indent it']),
  );

/** Reads a container whose strategy is `function`; null where it cannot be used, which is then reported. */
const readFunction = (
  container: Cursor,
  target: ContainerSettings,
  variables: readonly ScopedVariable[],
): FunctionSpec | null => {
  const given = readFields(container, containerFields, composeFields);
  const image = given?.image ? readImage(given.image) : null;
  const { deploy, network, runtime, resources, scaling } = given?.config ?? {};
  if (!given || !image || !deploy || !network || !runtime) return null;
  const files = filesFor(target, variables);
  const readOnlyRoot = runtime.rootfs?.readonly ?? false;
  const inRoot = files.find(({ path }) => readOnlyRoot && path.lastIndexOf('/') === 0);
  if (inRoot !== undefined) {
    const at = container.child('config', 'runtime', 'rootfs', 'readonly');
    at.reject(
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
    environment: { ...variablesFor(target, variables), ...runtime.environment_vars },
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

/** The environment's addresses have room for no more (our choice). */
const mostFunctions = 250;

/** Past this a file is no stack, and looking for names that were meant would take long. */
const mostContainers = 1_000;

/** The keys of `containers`; null where nothing else can be read because of them. */
const identifiersOf = ({ value }: Cursor): readonly string[] | null => {
  const identifiers = isRecord(value) ? Object.keys(value) : null;
  return identifiers !== null && identifiers.length <= mostContainers ? identifiers : null;
};

const readIdentifiers = describedBy(identifiersSchema, (at: Cursor): readonly string[] | null => {
  if (!isRecord(at.value)) return at.reject('an object of containers by identifier');
  const { containers } = at.context;
  if (containers === null) {
    at.problem(`${Object.keys(at.value).length} containers, expected at most ${mostContainers}`);
  }
  for (const key of containers?.filter((text) => !isIdentifier(text)) ?? []) {
    at.child(key).problem(`not an identifier of a container, expected ${identifierRule}`);
  }
  return containers;
});

/** Reads `containers`. Those that are no functions are never run: what is wrong with them is a warning. */
const readContainers = (
  at: Cursor,
  targets: readonly ContainerSettings[],
  variables: readonly ScopedVariable[],
): ReadContainers => {
  const functions: FunctionSpec[] = [];
  const otherContainers: Stack['otherContainers'][number][] = [];
  const unread: string[] = [];
  for (const target of targets) {
    const container = at.child(target.identifier).with({ context: { ...at.context, homes } });
    if (isFunction(container)) {
      const spec = readFunction(container, target, variables);
      if (spec === null) unread.push(target.identifier);
      else functions.push(spec);
    } else {
      // Nothing that is wrong with it keeps the stack from being used.
      const lenient = container.with({ report: tolerant(container.report) });
      const given = readFields(lenient, containerFields, composeFields);
      if (given?.image) checkOtherImage(given.image);
      otherContainers.push({ identifier: target.identifier, containerId: target.containerId });
    }
  }
  const functionsSeen = functions.length + unread.length;
  if (functionsSeen === 0) at.warn('none has deploy.strategy function, so nothing can be claimed');
  if (functionsSeen > mostFunctions) {
    at.problem(`${functionsSeen} functions, expected at most ${mostFunctions}`);
  }
  return { functions, otherContainers, unread };
};

const isFunction = (at: Cursor): boolean => {
  if (!isRecord(at.value)) return at.reject('an object') ?? false;
  const config = at.child('config');
  const deploy = config.child('deploy');
  for (const part of [config, deploy]) {
    if (!part.isAbsent && !isRecord(part.value)) return part.reject('an object') ?? false;
  }
  return isFunctionStrategy(deploy.child('strategy'));
};

/** Also one that is unknown and not nearly another, or not given: all that is wrong with a function is reported beside it. */
const isFunctionStrategy = (at: Cursor): boolean => {
  if (at.report.written(at.path)?.filled === false) return true;
  const strategy = at.isAbsent ? null : oneOf(strategies)(at);
  if (strategy !== null || typeof at.value !== 'string') return strategy === 'function';
  return [null, 'function'].includes(suggest(at.value, strategies));
};

const knownVersion = '1.0';

const readVersion: Reader<string> = describedBy({ enum: [knownVersion] }, (at) => {
  const version = required(readString, `"${knownVersion}", in quotes`)(at);
  if (version !== null && version !== knownVersion) {
    at.warn(`${JSON.stringify(version)} is not known, read as "${knownVersion}"`);
  }
  return version;
});

/** Every field of a stack file. Those that containers are named in are read once all containers are known. */
export const stackFields = {
  version: field('text', readVersion, 'required').about('`"1.0"`'),
  containers: field('map', readIdentifiers, 'required', containerFields).about('by identifier'),
  scoped_variables: deferred('objects', 'none', variableFields).about('environment variables of several containers'),
  services: section(servicesFields),
  emulator: deferred('object', 'none', emulatorFields).about('read by the emulator alone'),
  about: passed('object'),
  annotations: passed('object'),
  tests: ignored('any'),
  monitoring: ignored('object'),
};

/** Reads a whole stack, its warnings apart; null where it cannot be used, which is then reported. */
export const readStack = (
  value: unknown,
  report: Report,
  source: string,
  files: FileContext,
): Omit<Stack, 'warnings'> | null => {
  const top = new Cursor({ value, report });
  if (!isRecord(value)) return top.reject('a stack: an object with version and containers');
  const context = { containers: identifiersOf(top.child('containers')), ids: [], files };
  const at = top.with({ context });
  const given = readFields(at, stackFields, strayContainers(value));
  if (!given?.containers) return null;
  const [containers, section] = [at.child('containers'), at.child('emulator')];
  const emulator = readEmulatorSection(section, source, given.containers);
  reportSharedIds(section, emulator);
  const ids = emulator.containers.map(({ containerId }) => containerId);
  const variablesAt = given.scoped_variables?.with({ context: { ...context, ids } });
  const variables = variablesAt === undefined ? [] : readScopedVariables(variablesAt);
  const read = readContainers(containers, emulator.containers, variables);
  const { functions, otherContainers } = read;
  if (functions.length > 0) reportDisabledScheduler(at.child('services', 'scheduler'));
  reportTooManyReady(section, emulator, read);
  const controllers = given.services?.loadbalancer ?? [];
  const linkedAt = section.child('linked');
  const linked = linkedAt.isAbsent ? [] : readLinked(linkedAt, read, controllers[0]?.port);
  reportUnreached({ containers, linked: linkedAt }, { functions, linked, controllers });
  return {
    source,
    idsFrom: emulator.idsFrom,
    environment: { id: emulator.environmentId },
    serverId: emulator.serverId,
    network: emulator.network,
    accessKeys: given.services?.scheduler?.config?.access_keys ?? [],
    seed: emulator.seed,
    faults: emulator.faults,
    linked,
    controllers,
    functions,
    otherContainers,
  };
};
