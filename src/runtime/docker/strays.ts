import { removeContainer } from './containers.ts';
import type { Engine } from './engine.ts';

/**
 * Containers that the engine may have though no instance owns them: the connection broke before the engine could say
 * that it had made one, or before it had removed it. By ID or by name.
 */
export type Strays = {
  add(container: string): void;
  /** Those that cannot be removed now stay for the next time; in the end they go with the session. */
  remove(engine: Engine): Promise<void>;
};

export const createStrays = (): Strays => {
  const strays = new Set<string>();
  return {
    add: (container) => void strays.add(container),
    remove: async (engine) => {
      for (const container of [...strays]) {
        await removeContainer(engine, container).then(
          () => strays.delete(container),
          () => undefined,
        );
      }
    },
  };
};
