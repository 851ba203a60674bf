import { setTimeout as pause } from 'node:timers/promises';
import { connectTo, type DockerConnection } from './connection.ts';
import type { Endpoint } from './endpoint.ts';
import { isNotKept, listResources, removeResources } from './session-resources.ts';

/**
 * What the engine was asked for before the emulator died, it may still make for a moment after; it does not say when
 * the last of it is done. So a session counts as gone when nothing of it has turned up for this long.
 */
const quietMs = 1_500;

/** Between two looks. */
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
  using connection: DockerConnection = await connectTo(endpoint);
  const resources = (await listResources(connection, sessionId)).filter(isNotKept);
  await removeResources(connection, resources);
  return resources.length === 0;
};
