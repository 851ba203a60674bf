import { hasEnded } from './answers.ts';
import type { DockerConnection } from './connection.ts';
import { listContainers, loadExit } from './container-api.ts';
import { type Exits, unknownExit } from './exits.ts';

/** Of the awaited containers those that have ended or are gone, by the engine's ID. */
export type Overdue = ReadonlyMap<string, How>;

type How = 'ended' | 'gone';

export const findOverdue = async (engine: DockerConnection, sessionId: string, exits: Exits): Promise<Overdue> => {
  const expected = exits.expected();
  const states = new Map((await listContainers(engine, sessionId)).map(({ Id, State }) => [Id, State]));
  const overdue = new Map<string, How>();
  for (const dockerId of expected) {
    const state = states.get(dockerId);
    if (state === undefined) overdue.set(dockerId, 'gone');
    else if (hasEnded(state)) overdue.set(dockerId, 'ended');
  }
  return overdue;
};

/** Settles ends that no event has reported, by what the engine still knows of the containers. */
export const settleOverdue = async (engine: DockerConnection, exits: Exits, overdue: Overdue): Promise<void> => {
  for (const [dockerId, how] of overdue) {
    exits.settle(dockerId, how === 'gone' ? unknownExit : await loadExit(engine, dockerId));
  }
};
