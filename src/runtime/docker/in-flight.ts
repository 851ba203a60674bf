import { EmulatorError, errorCodes } from '../../shared/errors.ts';

/**
 * Keeps count of what is being made in the engine, so that disposal can wait until no more is: a container whose
 * making was under way when the look-around for leftovers began would be missed by it.
 */
export type InFlight = {
  /** Does the work unless closing has begun; answers what it made only if closing has not begun meanwhile. */
  make<Made>(thing: string, work: (closing: AbortSignal) => Promise<Made>): Promise<Made>;
  /** Admits no more work, gives up what can be given up, and answers once none is under way. */
  close(): Promise<void>;
};

export const createInFlight = (): InFlight => {
  const closing = new AbortController();
  const underWay = new Set<Promise<unknown>>();

  const refuseIfClosing = (thing: string): void => {
    if (!closing.signal.aborted) return;
    throw new EmulatorError(
      errorCodes.containerRefused,
      `Failed to make ${thing}: the emulator is stopping. Start it again.`,
    );
  };

  return {
    make: async (thing, work) => {
      refuseIfClosing(thing);
      const made = work(closing.signal);
      underWay.add(made);
      try {
        return await made;
      } finally {
        underWay.delete(made);
        // Also in place of a failure, for that is the closing's own doing then.
        refuseIfClosing(thing);
      }
    },
    close: async () => {
      closing.abort();
      await Promise.allSettled(underWay);
    },
  };
};
