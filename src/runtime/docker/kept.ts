import { hasProcess } from './answers.ts';
import type { Engine } from './engine.ts';
import { ignoreStatus, retryOnReset } from './engine-errors.ts';

/** Labels cannot be changed, so a kept container's name says what it is. */
const ordinary = /^\/?cycle-/;
const kept = 'cycle-kept-';

export const isKept = (name: string): boolean => name.replace(/^\//, '').startsWith(kept);

/**
 * Sets a container that has ended aside for a look, with its logs and its files. Answers false where it runs still, or is
 * gone: that is nothing to keep.
 */
export const keepContainer = async ({ docker }: Engine, dockerId: string): Promise<boolean> => {
  const container = docker.getContainer(dockerId);
  const found = await retryOnReset(() => container.inspect()).catch(ignoreStatus(404));
  if (!found || hasProcess(found.State.Status)) return false;
  if (!isKept(found.Name)) await container.rename({ name: found.Name.replace(ordinary, kept) });
  return true;
};
