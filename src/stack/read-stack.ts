import { readScheduler, reportDisabledScheduler } from './access-keys.ts';
import { readContainers, readIdentifiers, readTargets } from './containers.ts';
import { readEmulatorSection, reportSharedIds, reportTooManyHot } from './emulator-section.ts';
import type { FileContext } from './file-context.ts';
import type { Stack } from './model.ts';
import { type Cursor, child, isPlainObject, reject } from './reading/cursor.ts';
import type { Fields } from './reading/kinds.ts';
import { readObject } from './reading/read-object.ts';
import { readString, required } from './reading/readers.ts';
import { readScopedVariables } from './scoped-variables.ts';

const harmless: Fields = { about: 'object', annotations: 'object' };
const unsupported: Fields = { tests: 'any', monitoring: 'object' };

/** Reads a whole stack, its warnings apart; null where it cannot be used, which is then reported. */
export const readStack = (at: Cursor, source: string, places: FileContext): Omit<Stack, 'warnings'> | null => {
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
    return {
      source,
      environment: { id: emulator.environmentId },
      serverId: emulator.serverId,
      network: emulator.network,
      accessKeys,
      seed: emulator.seed,
      faults: emulator.faults,
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
  readObject(at, { unsupported: { loadbalancer: 'object', vpn: 'object', discovery: 'object' } }, (field) =>
    readScheduler(field('scheduler')),
  ) ?? [];
