import { EmulatorError, errorCodes } from '../../../shared/errors.ts';

/**
 * Keeps count of what is being made in the engine, so that disposal can wait until no more is: a container whose
 * making was under way when the look-around for leftovers began would be missed by it.
 */
export class InFlight {
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();

  get isClosing(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Does the work unless closing has begun; answers what it made only if closing has not begun meanwhile. */
  async make<Made>(thing: string, work: (closing: AbortSignal) => Promise<Made>): Promise<Made> {
    this.#refuseIfClosing(thing);
    const made = work(this.#closing.signal);
    this.#underWay.add(made);
    try {
      return await made;
    } finally {
      this.#underWay.delete(made);
      // Also in place of a failure, for that is the closing's own doing then.
      this.#refuseIfClosing(thing);
    }
  }

  /** Admits no more work, gives up what can be given up, and answers once none is under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#underWay);
  }

  #refuseIfClosing(thing: string): void {
    if (!this.isClosing) return;
    throw new EmulatorError(
      errorCodes.containerRefused,
      `Failed to make ${thing}: the emulator is stopping. Start it again.`,
    );
  }
}
