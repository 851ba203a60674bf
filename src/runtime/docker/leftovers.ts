import { type Engine, startEngine } from './engine.ts';
import { toUnreachable } from './engine-errors.ts';
import type { Session } from './labels.ts';
import { isAlive } from './own-container.ts';
import { identifyThisProcess, livenessOf, type ProcessIdentity } from './process-identity.ts';
import { listResources, type Resource, removeResources } from './session-resources.ts';

/** What a session left behind. */
export type Leftover = { readonly kind: Resource['kind']; readonly name: string; readonly session: string };

export type PruneOptions = {
  /** Which engine; see `loadEndpoint`. */
  readonly docker?: string | undefined;
  /** Takes every session's, also those of living emulators and of other hosts that share the engine. */
  readonly all?: boolean;
  /** False leaves what was kept for a look; without it that goes, too. */
  readonly kept?: boolean;
  /** How long a network may be in use still; see `removeResources`. */
  readonly patienceMs?: number;
  /** Only finds. */
  readonly dryRun?: boolean;
};

/**
 * Removes what dead sessions left in the engine and answers what it was. A session is dead when the process that owned
 * it does not run any more on this host, or the container of this engine that it ran in does not. Of other hosts'
 * sessions that cannot be told, so only `all` takes them.
 *
 * @throws EmulatorError `dockerUnreachable`, `badOption`
 */
export const pruneLeftovers = async ({
  docker,
  all = false,
  kept: takesKept = true,
  patienceMs,
  dryRun = false,
}: PruneOptions = {}): Promise<readonly Leftover[]> => {
  using engine = await startEngine(docker);
  try {
    const observer = identifyThisProcess();
    const resources = await listResources(engine);
    const sessions = new Map(resources.map(({ session }) => [session.id, session]));
    const dead = new Set<string>();
    for (const [id, session] of sessions) if (all || (await isDead(engine, session, observer))) dead.add(id);
    const leftovers = resources.filter(({ session, kept }) => dead.has(session.id) && (takesKept || !kept));
    if (!dryRun) await removeResources(engine, leftovers, patienceMs);
    return leftovers.map(({ kind, name, session }) => ({ kind, name, session: session.id }));
  } catch (error) {
    throw toUnreachable(engine.endpoint, error);
  }
};

const isDead = async (engine: Engine, session: Session, observer: ProcessIdentity): Promise<boolean> => {
  const { owner, ownerContainer } = session;
  const liveness = livenessOf(owner, observer);
  if (liveness !== 'unknown' || ownerContainer === null) return liveness === 'dead';
  return !(await isAlive(engine, ownerContainer));
};
