import { basename, extname } from 'node:path';
import { type ContainerId, deriveObjectId, type EnvironmentId, isObjectId, type ServerId } from '../shared/ids.ts';
import { didYouMean } from '../shared/suggest.ts';
import { type Cursor, child, isAbsent, reject } from './reading/cursor.ts';
import { integer, mapOf, type Parsed, readObject, readString, text } from './reading/readers.ts';
import { type Fault, readFaults } from './stack-faults.ts';
import { parseNetworkName } from './values.ts';

/** The emulator's own part of a stack file, `emulator:`. The platform does not know it; a stack works without it. */
export type EmulatorSection = {
  readonly environmentId: EnvironmentId;
  readonly serverId: ServerId;
  /** A network of the engine that functions join; null where the section names none. */
  readonly network: string | null;
  readonly containerId: (identifier: string) => ContainerId;
  /** How many instances of the function are kept hot; null where the section does not say. */
  readonly hot: (identifier: string) => number | null;
  /** How many processes an instance of the function may have at once. */
  readonly processes: (identifier: string) => number;
  /** Decides which moments a fault's probability hits; 0 without one. */
  readonly seed: number;
  readonly faults: readonly Fault[];
};

/**
 * Reads `emulator:`. What is added to it later gets a reader of its own here.
 * IDs that are not given are derived from the environment's name, which is the file's name without its extension where
 * none is given (our choice): the same on every machine.
 */
export const readEmulatorSection = (at: Cursor, source: string, identifiers: readonly string[]): EmulatorSection => {
  // `linked` is read once the functions are known.
  const given = readObject(at, { harmless: { linked: 'any' } }, (field) => ({
    environment: readObject(field('environment'), {}, (inner) => ({
      name: readString(inner('name')),
      id: readId<EnvironmentId>(inner('id')),
    })),
    server: readObject(field('server'), {}, (inner) => ({ id: readId<ServerId>(inner('id')) })),
    containers: readContainers(field('containers'), identifiers),
    network: text(parseNetworkName)(field('network')),
    seed: integer(0)(field('seed')),
    faults: readFaults(field('faults'), identifiers),
  }));
  const name = given?.environment?.name || basename(source, extname(source));
  return {
    environmentId: given?.environment?.id ?? deriveObjectId('environment', name),
    serverId: given?.server?.id ?? deriveObjectId('server', name),
    network: given?.network ?? null,
    containerId: (identifier) => given?.containers.get(identifier)?.id ?? deriveObjectId('container', name, identifier),
    hot: (identifier) => given?.containers.get(identifier)?.hot ?? null,
    processes: (identifier) => given?.containers.get(identifier)?.processes ?? defaultProcesses,
    seed: given?.seed ?? 0,
    faults: given?.faults ?? [],
  };
};

type ContainerEntry = {
  readonly id: ContainerId | null;
  readonly hot: number | null;
  readonly processes: number | null;
};

/** PARITY: whether the platform has a limit is unknown; without any, a fork bomb takes the machine (our choice). */
const defaultProcesses = 4_096;

/** The most that a 64-bit kernel counts. */
const mostProcesses = 4_194_304;

const readContainers = (at: Cursor, identifiers: readonly string[]): ReadonlyMap<string, ContainerEntry> => {
  const readEntry = mapOf((entry, identifier) => {
    if (!identifiers.includes(identifier)) {
      const hint = didYouMean(identifier, identifiers) || ', expected a key of containers';
      entry.report.problem(entry.path, `names no container of this stack${hint}`);
    }
    return readObject(entry, {}, (field) => ({
      id: readId<ContainerId>(field('id')),
      hot: integer(0)(field('hot')),
      processes: integer(1, mostProcesses)(field('processes')),
    }));
  });
  return new Map(Object.entries(readEntry(at)));
};

const parseId = (given: string): Parsed<string> => {
  if (isObjectId(given)) return { ok: true, value: given };
  const hint = isObjectId(given.toLowerCase()) ? `: write "${given.toLowerCase()}"` : '';
  return { ok: false, expected: `24 lower-case hex characters${hint}` };
};

const readId = <Id extends string>(at: Cursor): Id | null => text(parseId)(at) as Id | null;

/** Reports functions that should have more hot instances than instances at all, and what is no function and has none. */
export const reportTooManyHot = (
  at: Cursor,
  identifiers: readonly string[],
  functions: readonly { readonly identifier: string; readonly pool: { readonly maxPoolSize: number } }[],
): void => {
  for (const identifier of identifiers) {
    const hot = child(child(child(at, 'containers'), identifier), 'hot');
    if (isAbsent(hot)) continue;
    const most = functions.find((spec) => spec.identifier === identifier)?.pool.maxPoolSize ?? null;
    if (most === null) hot.report.warn(hot.path, 'only functions have instances to keep hot, ignored');
    else if (Number(hot.value) > most) reject(hot, `at most its max_pool_size, ${most}`);
  }
};

/** Reports IDs that two things share: the API has nothing else to distinguish them. */
export const reportSharedIds = (at: Cursor, section: EmulatorSection, identifiers: readonly string[]): void => {
  const owners = [
    { id: section.environmentId, at: child(child(at, 'environment'), 'id') },
    { id: section.serverId, at: child(child(at, 'server'), 'id') },
    ...identifiers.map((identifier) => ({
      id: section.containerId(identifier),
      at: child(child(child(at, 'containers'), identifier), 'id'),
    })),
  ];
  const taken = new Set<string>();
  // Given IDs come last, so that the complaint is about one the user can see.
  for (const owner of owners.sort((a, b) => Number(!isAbsent(a.at)) - Number(!isAbsent(b.at)))) {
    if (taken.has(owner.id)) reject(owner.at, 'an ID that nothing else in this stack has');
    taken.add(owner.id);
  }
};
