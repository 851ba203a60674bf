import { hasEnded } from './answers.ts';
import { listContainers, loadExit } from './containers.ts';
import type { Engine } from './engine.ts';
import { type Exits, unknownExit } from './exits.ts';

/** Of the awaited containers those that have ended or are gone, by the engine's ID. */
export type Overdue = ReadonlyMap<string, How>;

type How = 'ended' | 'gone';

export const findOverdue = async (engine: Engine, sessionId: string, exits: Exits): Promise<Overdue> => {
  const expected = exits.expected();
  const states = new Map((await listContainers(engine, sessionId)).map(({ Id, State }) => [Id, State]));
  const overdue = new Map<string, How>();
  for (const engineId of expected) {
    const state = states.get(engineId);
    if (state === undefined) overdue.set(engineId, 'gone');
    else if (hasEnded(state)) overdue.set(engineId, 'ended');
  }
  return overdue;
};

/** Settles ends that no event has reported, by what the engine still knows of the containers. */
export const settleOverdue = async (engine: Engine, exits: Exits, overdue: Overdue): Promise<void> => {
  for (const [engineId, how] of overdue) {
    exits.settle(engineId, how === 'gone' ? unknownExit : await loadExit(engine, engineId));
  }
};
