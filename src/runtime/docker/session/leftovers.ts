import { statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { EmulatorError } from '../../../shared/errors.ts';
import { connectDocker, type DockerConnection } from '../engine/connection.ts';
import { toUnreachable } from '../engine/docker-errors.ts';
import type { Endpoint } from '../engine/endpoint.ts';
import type { ProcessIdentity } from '../engine/labels.ts';
import { identifyThisProcess, isAlive, livenessOf } from './owner.ts';
import { isNotKept, listResources, type Resource, removeResources, tryRemoveResources } from './session-resources.ts';

export type Leftover = Pick<Resource, 'kind' | 'name'> & { readonly session: string };

/** What is kept of a session that no process lives in now, because one may go on with it. */
export type Held = { readonly session: string; readonly stateFile: string; readonly count: number };

export type Pruned = {
  /** What was removed, or would be. */
  readonly leftovers: readonly Leftover[];
  readonly failed: readonly (Leftover & { readonly error: EmulatorError })[];
  /** What was spared for the sake of a state file. */
  readonly held: readonly Held[];
};

export type PruneOptions = {
  /** Which engine; see `loadEndpoint`. */
  readonly docker?: string | undefined;
  /** Takes every session's, also those of living emulators and of other hosts that share the engine. */
  readonly all?: boolean;
  /** False leaves what was kept for a look; without it that goes, too. */
  readonly kept?: boolean;
  /** ID of a session that is about to be resumed, with its state file anywhere when it made things. */
  readonly spare?: string | undefined;
  /** How long a network may be in use still; see `removeResources`. */
  readonly patienceMs?: number;
  readonly dryRun?: boolean;
};

/**
 * Removes what dead sessions left in the engine and answers what it was. A session is dead when none of the processes
 * that owned it runs any more on this host, or the container of this engine that it ran in does not, and no state file
 * is there to go on with. Of other hosts' processes and files that is unknown, so only `all` takes theirs.
 *
 * @throws EmulatorError `dockerUnreachable`, `badOption`
 */
export const pruneLeftovers = async ({
  docker,
  all = false,
  kept: takesKept = true,
  spare,
  patienceMs,
  dryRun = false,
}: PruneOptions = {}): Promise<Pruned> => {
  using connection = await connectDocker(docker);
  try {
    const observer = identifyThisProcess();
    const resources = await listResources(connection);
    const living = all ? new Set<string>() : await findLiving(connection, resources, observer);
    const held = all ? new Map<string, Held>() : findHeld(resources, living, observer);
    const leftovers = resources.filter(
      ({ session: { id }, kept }) => id !== spare && !living.has(id) && !held.has(id) && (takesKept || !kept),
    );
    const failures = dryRun ? [] : await tryRemoveResources(connection, leftovers, patienceMs);
    const left = new Set(failures.map(({ resource }) => resource));
    return {
      leftovers: leftovers.filter((resource) => !left.has(resource)).map(toLeftover),
      failed: failures.map(({ resource, error }) => ({ ...toLeftover(resource), error })),
      held: [...held.values()],
    };
  } catch (error) {
    throw toUnreachable(connection.endpoint, error);
  }
};

const toLeftover = ({ kind, name, session }: Resource): Leftover => ({ kind, name, session: session.id });

/** IDs of the sessions that a process lives in. What a session has may be of several processes; one that goes on suffices. */
const findLiving = async (connection: DockerConnection, resources: readonly Resource[], observer: ProcessIdentity) => {
  const living = new Set<string>();
  const lives = new Map(resources.map(({ session }) => [JSON.stringify(session), session]));
  for (const { id, owner, ownerContainer } of lives.values()) {
    const liveness = livenessOf(owner, observer);
    const asksEngine = liveness === 'unknown' && ownerContainer !== null;
    if (asksEngine ? await isAlive(connection, ownerContainer) : liveness !== 'dead') living.add(id);
  }
  return living;
};

/** Sessions that may go on: their state file is there, or on another host, where only `all` looks. */
const findHeld = (resources: readonly Resource[], living: ReadonlySet<string>, observer: ProcessIdentity) => {
  const held = new Map<string, Held>();
  for (const { session } of resources) {
    const { id, durable, owner } = session;
    if (durable === null || living.has(id)) continue;
    if (owner.host === observer.host && isGone(durable.stateFile)) continue;
    held.set(id, { session: id, stateFile: durable.stateFile, count: (held.get(id)?.count ?? 0) + 1 });
  }
  return held;
};

/** A file that this user may not look at belongs to another user, and counts as there. */
const isGone = (file: string): boolean => {
  try {
    statSync(file);
    return false;
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
};

/**
 * What the engine was asked for before the emulator died, it may still make for a moment after; it does not say when
 * the last of it is done. So a session counts as gone when nothing of it has turned up for this long.
 */
const quietMs = 1_500;

const lookEveryMs = 250;

/** Where the engine stays away, or will not let go of something, the next start's sweep has to do. */
const giveUpAfterMs = 30_000;

/** Removes all that a session whose process is dead has in the engine. Answers whether nothing is left. */
export const removeSession = async (endpoint: Endpoint, sessionId: string): Promise<boolean> => {
  const startedAt = performance.now();
  let quietSince: number | null = null;
  for (;;) {
    const now = performance.now();
    const isGone = await removeOnce(endpoint, sessionId).catch(() => null);
    quietSince = isGone ? (quietSince ?? now) : null;
    if (quietSince !== null && now - quietSince >= quietMs) return true;
    if (now - startedAt >= giveUpAfterMs) return false;
    await pause(lookEveryMs);
  }
};

/** Answers whether there was nothing to remove. */
const removeOnce = async (endpoint: Endpoint, sessionId: string): Promise<boolean> => {
  using connection = await connectDocker(endpoint);
  const resources = (await listResources(connection, sessionId)).filter(isNotKept);
  await removeResources(connection, resources);
  return resources.length === 0;
};
