import { dirname, resolve } from 'node:path';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { didYouMean } from '../shared/suggest.ts';
import { deepFreeze } from '../shared/values.ts';
import { readScheduler, reportDisabledScheduler } from './access-keys.ts';
import { readEmulatorSection, reportSharedIds, reportTooManyHot } from './emulator-section.ts';
import { loadPlaces, readTextFile } from './files.ts';
import { readContainers, readIdentifiers, readTargets } from './functions.ts';
import { readLinked } from './linked.ts';
import { readLoadBalancer } from './load-balancer.ts';
import type { FileContext, Stack } from './model.ts';
import { type Cursor, child, type Fields, isPlainObject, reject } from './reading/cursor.ts';
import { readObject, readString, required } from './reading/readers.ts';
import { Report } from './reading/report.ts';
import { parseText } from './reading/yaml.ts';
import { loadVariables } from './variables/load-variables.ts';
import { noVariables, type StackVariables, Substitution, type VariableSources } from './variables/stack-variables.ts';
import { substituteInObject } from './variables/substitute-in-object.ts';
import { readScopedVariables } from './variables.ts';

/** What a file is that is no stack but resembles one; null of anything else. */
const explainOtherFile = (value: unknown): string | null => {
  if (!isPlainObject(value) || 'containers' in value) return null;
  if (typeof value['apiVersion'] === 'string' && typeof value['kind'] === 'string') {
    return 'this is a Kubernetes manifest, expected a Cycle stack with version and containers: docs/fixtures.md shows one';
  }
  return isCompose(value)
    ? 'this is a Compose file, expected a Cycle stack with version and containers: docs/from-compose.md says where each field of it goes'
    : null;
};

const isCompose = ({ services }: Readonly<Record<string, unknown>>): boolean =>
  isPlainObject(services) &&
  Object.values(services).some(
    (service) => isPlainObject(service) && (typeof service['image'] === 'string' || 'build' in service),
  );

const harmless: Fields = { about: 'object', annotations: 'object' };
const unsupported: Fields = { tests: 'any', monitoring: 'object' };

/** Reads a whole stack, its warnings apart; null where it cannot be used, which is then reported. */
const readStack = (at: Cursor, source: string, places: FileContext): Omit<Stack, 'warnings'> | null => {
  if (!isPlainObject(at.value)) return reject(at, 'a stack: an object with version and containers');
  return readObject(at, { harmless, unsupported }, (field) => {
    readVersion(field('version'));
    const containers = field('containers');
    const [section, scoped] = [field('emulator'), field('scoped_variables')];
    const services = field('services');
    const accessKeys = readServices(services);
    const identifiers = readIdentifiers(containers);
    if (identifiers === null) return null;
    const emulator = readEmulatorSection(section, source, identifiers);
    reportSharedIds(section, emulator, identifiers);
    const targets = readTargets(containers, identifiers, emulator.containerId);
    const variables = readScopedVariables(scoped, targets);
    const { hot, processes } = emulator;
    const read = readContainers(containers, targets, { places, variables, hot, processes });
    if (read.functions.length > 0) reportDisabledScheduler(child(services, 'scheduler'));
    reportTooManyHot(section, identifiers, read.functions);
    const controller = readLoadBalancer(child(services, 'loadbalancer'), identifiers);
    return {
      source,
      environment: { id: emulator.environmentId },
      serverId: emulator.serverId,
      network: emulator.network,
      accessKeys,
      seed: emulator.seed,
      faults: emulator.faults,
      linked: readLinked(child(section, 'linked'), read.functions, controller?.port),
      controller,
      ...read,
    };
  });
};

const knownVersion = '1.0';

const readVersion = (at: Cursor): void => {
  const version = required(readString, `"${knownVersion}", in quotes`)(at);
  if (version !== null && version !== knownVersion) {
    at.report.warn(at.path, `${JSON.stringify(version)} is not known, read as "${knownVersion}"`);
  }
};

const readServices = (at: Cursor): Stack['accessKeys'] =>
  readObject(at, { unsupported: { vpn: 'object', discovery: 'object' } }, (field) => {
    // Read once the containers are known.
    field('loadbalancer');
    return readScheduler(field('scheduler'));
  }) ?? [];

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
  if (stack === null || problems.length > 0)
    throw toInvalid(options.source, problems, report.warningLines(options.source));
  return deepFreeze({ ...stack, warnings: report.warningLines(options.source) });
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

const toInvalid = (source: string, problems: readonly string[], warnings: readonly string[]): EmulatorError => {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return new EmulatorError(
    errorCodes.stackInvalid,
    [
      `Failed to read the stack ${source}: it has ${count}. Correct the file where it says:`,
      ...problems,
      ...(warnings.length === 0 ? [] : ['Warnings:', ...warnings]),
    ].join('\n'),
  );
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
  const { text, source } = await readTextFile(path, 'the stack', errorCodes.stackInvalid, signal);
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
