import type { DockerConnection } from './connection.ts';
import { removeContainer } from './container-api.ts';

/**
 * Containers that the engine may have though no instance owns them: the connection broke before the engine could say
 * that it had made one, or before it had removed it. By ID or by name.
 */
export type Orphans = {
  add(container: string): void;
  /** Those that cannot be removed now stay for the next time; in the end they go with the session. */
  remove(engine: DockerConnection): Promise<void>;
};

export const createOrphans = (): Orphans => {
  const orphans = new Set<string>();
  return {
    add: (container) => void orphans.add(container),
    remove: async (engine) => {
      for (const container of [...orphans]) {
        await removeContainer(engine, container).then(
          () => orphans.delete(container),
          () => undefined,
        );
      }
    },
  };
};
