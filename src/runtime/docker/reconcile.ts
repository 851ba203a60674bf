import { hasEnded } from './answers.ts';
import { listContainers, loadExit } from './containers.ts';
import type { Engine } from './engine.ts';
import { type Exits, unknownExit } from './exits.ts';

/** Settles every awaited end that happened while nobody listened: by what the engine still knows of the container. */
export const reconcileExits = async (engine: Engine, sessionId: string, exits: Exits): Promise<void> => {
  const expected = exits.expected();
  const states = new Map((await listContainers(engine, sessionId)).map(({ Id, State }) => [Id, State]));
  for (const engineId of expected) {
    const state = states.get(engineId);
    if (state === undefined) exits.settle(engineId, unknownExit);
    else if (hasEnded(state)) exits.settle(engineId, await loadExit(engine, engineId));
  }
};
