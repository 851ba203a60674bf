import type { Exit } from '../port.ts';

/** Nothing shows any more how it ended. */
export const unknownExit: Exit = { code: null, outOfMemory: false };

/** The runs whose end is awaited, by the engine's ID of their container. */
export type Exits = {
  /** Begins to await an end, before the start is asked for: a process may end before the engine has answered. */
  expect(engineId: string): Promise<Exit>;
  /** Reports the end. A second report, or one of an unknown container, does nothing. */
  settle(engineId: string, exit: Exit): void;
  isExpected(engineId: string): boolean;
  expected(): readonly string[];
};

export const createExits = (): Exits => {
  const pending = new Map<string, PromiseWithResolvers<Exit>>();
  return {
    expect: (engineId) => {
      const exit = Promise.withResolvers<Exit>();
      pending.set(engineId, exit);
      return exit.promise;
    },
    settle: (engineId, exit) => {
      pending.get(engineId)?.resolve(exit);
      pending.delete(engineId);
    },
    isExpected: (engineId) => pending.has(engineId),
    expected: () => [...pending.keys()],
  };
};
