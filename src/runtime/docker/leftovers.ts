import { startEngine } from './engine.ts';
import { toUnreachable } from './engine-errors.ts';
import { identifyThisProcess, livenessOf } from './process-identity.ts';
import { listResources, type Resource, removeResources } from './session-resources.ts';

/** What a session left behind. */
export type Leftover = { readonly kind: 'container' | 'network'; readonly name: string; readonly session: string };

export type PruneOptions = {
  /** Which engine; see `loadEndpoint`. */
  readonly docker?: string | undefined;
  /** Takes every session's, also those of living emulators and of other hosts that share the engine. */
  readonly all?: boolean;
  /** Only finds. */
  readonly dryRun?: boolean;
};

/**
 * Removes what dead sessions left in the engine and answers what it was. A session is dead when the process that owned
 * it does not run any more on this host; of other hosts' sessions that cannot be told, so only `all` takes them.
 *
 * @throws EmulatorError `dockerUnreachable`, `badOption`
 */
export const pruneLeftovers = async ({
  docker,
  all = false,
  dryRun = false,
}: PruneOptions = {}): Promise<readonly Leftover[]> => {
  using engine = await startEngine(docker);
  try {
    const observer = identifyThisProcess();
    const isLeft = ({ session }: Resource): boolean => all || livenessOf(session.owner, observer) === 'dead';
    const leftovers = (await listResources(engine)).filter(isLeft);
    if (!dryRun) await removeResources(engine, leftovers);
    return leftovers.map(({ kind, name, session }) => ({ kind, name, session: session.id }));
  } catch (error) {
    throw toUnreachable(engine.endpoint, error);
  }
};
