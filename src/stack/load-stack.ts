import { dirname, resolve } from 'node:path';
import { errorCodes } from '../shared/errors.ts';
import { readTextFile } from '../shared/read-small-file.ts';
import { didYouMean } from '../shared/suggest.ts';
import { deepFreeze, isRecord } from '../shared/values.ts';
import { reportDisabledScheduler, servicesFields } from './access-keys.ts';
import { reportClosedDomains } from './domains.ts';
import { emulatorFields, readEmulatorSection, reportSharedIds, reportTooManyReady } from './emulator-section.ts';
import { readScopedVariables, variableFields } from './environment-variables.ts';
import { loadPlaces, loadVariables } from './files.ts';
import { containerFields, readContainers, readIdentifiers } from './functions.ts';
import { readLinked, reportUnclearPorts } from './linked.ts';
import { reportUnknownContainers } from './load-balancer.ts';
import type { FileContext, Stack } from './model.ts';
import { deferred, field, ignored, passed, readFields, section } from './reading/fields.ts';
import { type Cursor, child, describedBy, type Reader, readString, reject, required } from './reading/readers.ts';
import { correctFile, Report, toProblemsError } from './reading/report.ts';
import { substituteInObject } from './reading/substitute-in-object.ts';
import { parseText } from './reading/yaml.ts';
import { identifiersSchema } from './values.ts';
import { noVariables, type StackVariables, Substitution, type VariableSources } from './variables/stack-variables.ts';

/** What a file is that is no stack but resembles one; null of anything else. */
const explainOtherFile = (value: unknown): string | null => {
  if (!isRecord(value) || 'containers' in value) return null;
  if (typeof value['apiVersion'] === 'string' && typeof value['kind'] === 'string') {
    return 'this is a Kubernetes manifest, expected a Cycle stack with version and containers: docs/fixtures.md shows one';
  }
  return isCompose(value)
    ? 'this is a Compose file, expected a Cycle stack with version and containers: docs/from-compose.md says where each field of it goes'
    : null;
};

const isCompose = ({ services }: Readonly<Record<string, unknown>>): boolean =>
  isRecord(services) &&
  Object.values(services).some(
    (service) => isRecord(service) && (typeof service['image'] === 'string' || 'build' in service),
  );

const knownVersion = '1.0';

const readVersion: Reader<string> = describedBy({ enum: [knownVersion] }, (at) => {
  const version = required(readString, `"${knownVersion}", in quotes`)(at);
  if (version !== null && version !== knownVersion) {
    at.report.warn(at.path, `${JSON.stringify(version)} is not known, read as "${knownVersion}"`);
  }
  return version;
});

/** Every field of a stack file. Those that containers are named in are read once all containers are known. */
export const stackFields = {
  version: field('text', readVersion, 'required', '`"1.0"`'),
  containers: field(
    'map',
    describedBy(identifiersSchema, (at: Cursor) => at),
    'required',
    'by identifier',
    containerFields,
  ),
  scoped_variables: deferred('objects', 'none', 'environment variables of several containers', variableFields([])),
  services: section(servicesFields),
  emulator: deferred('object', 'none', 'read by the emulator alone', emulatorFields([])),
  about: passed('object'),
  annotations: passed('object'),
  tests: ignored('any'),
  monitoring: ignored('object'),
};

/** Reads a whole stack, its warnings apart; null where it cannot be used, which is then reported. */
const readStack = (at: Cursor, source: string, places: FileContext): Omit<Stack, 'warnings'> | null => {
  if (!isRecord(at.value)) return reject(at, 'a stack: an object with version and containers');
  const given = readFields(at, stackFields);
  const [containers, section] = [child(at, 'containers'), child(at, 'emulator')];
  const identifiers = readIdentifiers(containers);
  if (identifiers === null) return null;
  const emulator = readEmulatorSection(section, source, identifiers);
  reportSharedIds(section, emulator);
  const variables = readScopedVariables(child(at, 'scoped_variables'), emulator.containers);
  const { unread, ...read } = readContainers(containers, emulator.containers, { places, variables });
  if (read.functions.length > 0) reportDisabledScheduler(child(child(at, 'services'), 'scheduler'));
  reportTooManyReady(section, emulator, { ...read, unread });
  const controllers = given?.services?.loadbalancer ?? [];
  reportUnknownContainers(child(child(at, 'services'), 'loadbalancer'), identifiers);
  const linkedAt = child(section, 'linked');
  reportUnclearPorts({ containers, linked: linkedAt }, read.functions, controllers[0]?.port);
  const linked = readLinked(linkedAt, { ...read, unread }, controllers[0]?.port);
  reportClosedDomains({ containers, linked: linkedAt }, { ...read, linked, controllers });
  return {
    source,
    environment: { id: emulator.environmentId },
    serverId: emulator.serverId,
    network: emulator.network,
    accessKeys: given?.services?.scheduler?.config?.access_keys ?? [],
    seed: emulator.seed,
    faults: emulator.faults,
    linked,
    controllers,
    ...read,
  };
};

type ParseOptions = FileContext & {
  /** What messages call the stack: the path of its file, or a word where it was built in code. */
  readonly source: string;
  /** None without it. */
  readonly variables?: StackVariables;
};

/**
 * Reads a stack from the text of a file, YAML or JSON, or from the object such a text would give. Looks at nothing but its
 * arguments. Throws an EmulatorError `stackInvalid` that lists all problems at once, and then all warnings.
 */
export const parseStack = (input: unknown, options: ParseOptions): Stack => {
  const report = new Report();
  const substitution = new Substitution(options.variables ?? noVariables);
  const parsed =
    typeof input === 'string'
      ? parseText(input, report, { substitution })
      : { value: substituteInObject(input, report, substitution) };
  const stack = parsed === null ? null : read(parsed.value, report, substitution, options);
  const problems = report.problemLines(options.source);
  const warnings = report.warningLines(options.source);
  if (stack === null || problems.length > 0) {
    const failure = { attempt: `read the stack ${options.source}`, remedy: correctFile };
    const more = warnings.length === 0 ? [] : ['Warnings:', ...warnings];
    throw toProblemsError(errorCodes.stackInvalid, failure, problems, more);
  }
  return deepFreeze({ ...stack, warnings });
};

const read = (value: unknown, report: Report, substitution: Substitution, options: ParseOptions) => {
  const other = explainOtherFile(value);
  if (other !== null) {
    report.problem([], other);
    return null;
  }
  for (const name of substitution.unused) {
    const hint = didYouMean(name, substitution.names);
    report.problem([], `the variable ${name} is given, and nothing in the stack uses it${hint}`, null);
  }
  return readStack({ value, path: [], report, hidden: false }, options.source, options);
};

export type LoadOptions = VariableSources & {
  /**
   * Folder that stands for the root of the repository: `context_dir` and `build_file` are paths from there, and nothing
   * outside it is read. The stack file's folder without it, or the working directory of a stack that was built in code.
   */
  readonly root?: string | undefined;
  /** Ends the wait for a pipe that a stack or its variables are read from; the load then fails with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
};

/**
 * Reads a stack file, YAML or JSON by its content, and looks whether its build contexts are there.
 * Throws an EmulatorError: `stackInvalid` where the stack cannot be used, `badOption` where the root is no folder or the
 * sources of its variables cannot be read.
 */
export const loadStack = async (path: string, { root, signal, ...sources }: LoadOptions = {}): Promise<Stack> => {
  const places = loadPlaces(root, dirname(resolve(path)));
  const variables = await loadVariables(sources, signal);
  const { text, source } = await readTextFile(path, 'the stack', { code: errorCodes.stackInvalid, signal });
  return parseStack(text, { source, ...places, variables });
};

/** A stack as one would write it into a file, as an object. */
export type RawStack = {
  readonly version: string;
  readonly containers: Readonly<Record<string, object>>;
  readonly [section: string]: unknown;
};

/** Reads a stack that was built in code. Throws like `loadStack`. */
export const loadRawStack = async (stack: RawStack, { root, signal, ...sources }: LoadOptions = {}): Promise<Stack> => {
  const places = loadPlaces(root, process.cwd());
  const variables = await loadVariables(sources, signal);
  return parseStack(stack, { source: 'stack built in code', ...places, variables });
};
