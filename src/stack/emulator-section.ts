import { basename, extname } from 'node:path';
import { type ContainerId, deriveObjectId, type EnvironmentId, isObjectId, type ServerId } from '../shared/ids.ts';
import { didYouMean } from '../shared/suggest.ts';
import { linkedFields } from './linked.ts';
import type { Fault, FunctionSpec, ReadContainers, Stack } from './model.ts';
import type { Cursor } from './reading/cursor.ts';
import {
  deferred,
  field,
  integer,
  mapOf,
  type Parsed,
  type Reader,
  readFields,
  readString,
  section,
  text,
} from './reading/fields.ts';
import { faultFields, readFaults } from './stack-faults.ts';
import { parseNetworkName } from './values.ts';

export type ContainerSettings = Pick<FunctionSpec, 'identifier' | 'containerId' | 'hot' | 'warm' | 'processes'>;

/** The emulator's own part of a stack file, `emulator:`. The platform does not know it; a stack works without it. */
type EmulatorSection = Pick<Stack, 'idsFrom'> & {
  readonly environmentId: EnvironmentId;
  readonly serverId: ServerId;
  /** A network of the engine that functions join; null where the section names none. */
  readonly network: string | null;
  /** What it says of every container of the stack. */
  readonly containers: readonly ContainerSettings[];
  /** Decides which moments a fault's probability hits; 0 without one. */
  readonly seed: number;
  readonly faults: readonly Fault[];
};

/** PARITY: whether the platform has a limit is unknown; without any, a fork bomb takes the machine (our choice). */
const defaultProcesses = 4_096;

/** The most that a 64-bit kernel counts. */
const mostProcesses = 4_194_304;

const parseId = (given: string): Parsed<string> => {
  if (isObjectId(given)) return { ok: true, value: given };
  const hint = isObjectId(given.toLowerCase()) ? `: write "${given.toLowerCase()}"` : '';
  return { ok: false, expected: `24 lower-case hex characters${hint}` };
};

const readAnyId = text(parseId, /^[0-9a-f]{24}$/);

const idField = <Id extends string>(byDefault: string, about = '') =>
  field('text', readAnyId as Reader<Id>, byDefault).about(about);

const entryFields = {
  id: idField<ContainerId>('derived', '24 lower-case hex characters, unlike all others'),
  hot: field('number', integer(0), '`--hot`').about('how many instances wait hot, at most `max_pool_size`'),
  warm: field('number', integer(0), '`--warm`').about(
    'how many instances are kept warm from the start, at most `max_pool_size`',
  ),
  processes: field('number', integer(1, mostProcesses), String(defaultProcesses)).about(
    'how many processes and threads an instance may have at once: a fork bomb ends there',
  ),
};

const readEntries = mapOf((entry, identifier) => {
  const { containers } = entry.context;
  if (!containers?.includes(identifier)) {
    const hint = didYouMean(identifier, containers ?? []) || ', expected a key of containers';
    entry.problem(`names no container of this stack${hint}`);
  }
  return readFields(entry, entryFields);
});

export const emulatorFields = {
  environment: section({
    name: field('text', readString, "the file's name").about('IDs that are not given are derived from it'),
    id: idField<EnvironmentId>('derived'),
  }),
  server: section({ id: idField<ServerId>('derived') }),
  containers: field('map', readEntries, 'none', entryFields).about('by identifier'),
  linked: deferred('objects', 'none', linkedFields).about(
    'domains at which a request starts a function: [functions over HTTP](guides/http.md)',
  ),
  network: field('text', text(parseNetworkName), 'one of its own').about('a network of the engine that functions join'),
  seed: field('number', integer(0), '0').about('decides which requests and runs probabilities of faults hit'),
  faults: field('objects', readFaults, 'none', faultFields).about(
    'what goes wrong from the start: [faults.md](faults.md)',
  ),
};

/** The IDs of a stack that states none. */
export const derivedIds = {
  environment: (name: string): EnvironmentId => deriveObjectId('environment', name),
  server: (name: string): ServerId => deriveObjectId('server', name),
  container: (name: string, identifier: string): ContainerId => deriveObjectId('container', name, identifier),
};

/**
 * Reads `emulator:`.
 * IDs that are not given are derived from the environment's name, which is the file's name without its extension where
 * none is given (our choice): the same on every machine.
 */
export const readEmulatorSection = (at: Cursor, source: string, identifiers: readonly string[]): EmulatorSection => {
  const given = readFields(at, emulatorFields);
  const stated = given?.environment?.name || null;
  const name = stated ?? basename(source, extname(source));
  const entries = new Map(Object.entries(given?.containers ?? {}));
  return {
    idsFrom: { name, isStated: stated !== null },
    environmentId: given?.environment?.id ?? derivedIds.environment(name),
    serverId: given?.server?.id ?? derivedIds.server(name),
    network: given?.network ?? null,
    containers: identifiers.map((identifier) => {
      const { id = null, hot = null, warm = null, processes = null } = entries.get(identifier) ?? {};
      const containerId = id ?? derivedIds.container(name, identifier);
      return { identifier, containerId, hot, warm, processes: processes ?? defaultProcesses };
    }),
    seed: given?.seed ?? 0,
    faults: given?.faults ?? [],
  };
};

/** Reports functions that should have more hot or warm instances than instances at all, and what is no function and has none. */
export const reportTooManyReady = (
  at: Cursor,
  { containers }: EmulatorSection,
  { functions, unread }: Pick<ReadContainers, 'functions' | 'unread'>,
): void => {
  for (const { identifier } of containers) {
    const most = functions.find((spec) => spec.identifier === identifier)?.pool.maxPoolSize ?? null;
    for (const kind of ['hot', 'warm']) {
      const wanted = at.child('containers', identifier, kind);
      if (wanted.isAbsent || unread.includes(identifier)) continue;
      if (most === null) wanted.warn(`only functions have instances to keep ${kind}, ignored`);
      else if (Number(wanted.value) > most) wanted.reject(`at most its max_pool_size, ${most}`);
    }
  }
};

/** Reports IDs that two things share: the API has nothing else to distinguish them. */
export const reportSharedIds = (at: Cursor, section: EmulatorSection): void => {
  const owners = [
    { id: section.environmentId, at: at.child('environment', 'id') },
    { id: section.serverId, at: at.child('server', 'id') },
    ...section.containers.map(({ identifier, containerId }) => ({
      id: containerId,
      at: at.child('containers', identifier, 'id'),
    })),
  ];
  const taken = new Set<string>();
  // Given IDs come last, so that the complaint is about one the user can see.
  for (const owner of owners.sort((a, b) => Number(!a.at.isAbsent) - Number(!b.at.isAbsent))) {
    if (taken.has(owner.id)) owner.at.reject('an ID that nothing else in this stack has');
    taken.add(owner.id);
  }
};
