import type { Clock } from '../../shared/clock.ts';
import { hasEnded } from './answers.ts';
import { type DockerConnection, repeat } from './connection.ts';
import { listContainers, loadExit } from './container-api.ts';
import { type Exits, unknownExit } from './in-flight.ts';

/** Of the awaited containers those that have ended or are gone, by the engine's ID. */
type Overdue = ReadonlyMap<string, How>;

type How = 'ended' | 'gone';

export const findOverdue = async (connection: DockerConnection, sessionId: string, exits: Exits): Promise<Overdue> => {
  const expected = exits.expected();
  const states = new Map((await listContainers(connection, sessionId)).map(({ Id, State }) => [Id, State]));
  const overdue = new Map<string, How>();
  for (const dockerId of expected) {
    const state = states.get(dockerId);
    if (state === undefined) overdue.set(dockerId, 'gone');
    else if (hasEnded(state)) overdue.set(dockerId, 'ended');
  }
  return overdue;
};

/** Settles ends that no event has reported, by what the engine still knows of the containers. */
export const settleOverdue = async (connection: DockerConnection, exits: Exits, overdue: Overdue): Promise<void> => {
  for (const [dockerId, how] of overdue) {
    exits.settle(dockerId, how === 'gone' ? unknownExit : await loadExit(connection, dockerId));
  }
};

/** Between two looks at least. */
const everyMs = 5_000;

/** A look at thousands of containers may take its time; looking takes no more of it than one part in so many. */
const onePartIn = 50;

export type SweepParts = {
  readonly connection: DockerConnection;
  readonly sessionId: string;
  readonly exits: Exits;
  /** Whether an event has reported the end, and the rest of it is being asked for. */
  readonly isReported: (dockerId: string) => boolean;
  readonly clock: Clock;
};

/**
 * Looks slowly, again and again, for ends and removals that no event has reported: engines drop events, and each names
 * them in its own words. What a look finds counts when the next one finds it, too: an event that is on its way knows
 * more of an end than what it leaves.
 */
export const startSweep = ({ connection, sessionId, exits, isReported, clock }: SweepParts): Disposable => {
  let found: Overdue = new Map();
  return repeat(clock, everyMs, async (stopped) => {
    const begunAt = clock.now();
    try {
      const before = found;
      found = exits.expected().length === 0 ? new Map() : await findOverdue(connection, sessionId, exits);
      if (stopped.aborted) return null;
      const twiceFound = [...found].filter(([dockerId]) => before.has(dockerId) && !isReported(dockerId));
      await settleOverdue(connection, exits, new Map(twiceFound));
    } catch {
      // The engine is away, and what follows its events finds out.
    }
    return Math.max(everyMs, (clock.now() - begunAt) * onePartIn);
  });
};
