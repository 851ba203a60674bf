import type { Exit } from '../port.ts';

/** Nothing shows any more how it ended. */
export const unknownExit: Exit = { code: null, outOfMemory: false };

/** The runs whose end is awaited, by the engine's ID of their container. */
export type Exits = {
  /** Begins to await an end, before the start is asked for: a process may end before the engine has answered. */
  expect(dockerId: string): Promise<Exit>;
  /** Reports the end. A second report, or one of an unknown container, does nothing. */
  settle(dockerId: string, exit: Exit): void;
  isExpected(dockerId: string): boolean;
  expected(): readonly string[];
};

export const createExits = (): Exits => {
  const pending = new Map<string, PromiseWithResolvers<Exit>>();
  return {
    expect: (dockerId) => {
      const exit = Promise.withResolvers<Exit>();
      pending.set(dockerId, exit);
      return exit.promise;
    },
    settle: (dockerId, exit) => {
      pending.get(dockerId)?.resolve(exit);
      pending.delete(dockerId);
    },
    isExpected: (dockerId) => pending.has(dockerId),
    expected: () => [...pending.keys()],
  };
};
