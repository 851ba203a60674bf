import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import type { Exit } from '../port.ts';

/**
 * Keeps count of what is being made in the engine, so that disposal can wait until no more is: a container whose
 * making was under way when the look-around for leftovers began would be missed by it.
 */
export class InFlight {
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();

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
    if (!this.#closing.signal.aborted) return;
    throw new EmulatorError(
      errorCodes.containerRefused,
      `Failed to make ${thing}: the emulator is stopping. Start it again.`,
    );
  }
}

/** Nothing shows any more how it ended. */
export const unknownExit: Exit = { code: null, outOfMemory: false };

/** The runs whose end is awaited, by the engine's ID of their container. */
export class Exits {
  readonly #pending = new Map<string, PromiseWithResolvers<Exit>>();

  /** Begins to await an end, before the start is asked for: a process may end before the engine has answered. */
  expect(dockerId: string): Promise<Exit> {
    const exit = Promise.withResolvers<Exit>();
    this.#pending.set(dockerId, exit);
    return exit.promise;
  }

  /** Reports the end. A second report, or one of an unknown container, does nothing. */
  settle(dockerId: string, exit: Exit): void {
    this.#pending.get(dockerId)?.resolve(exit);
    this.#pending.delete(dockerId);
  }

  isExpected(dockerId: string): boolean {
    return this.#pending.has(dockerId);
  }

  expected(): readonly string[] {
    return [...this.#pending.keys()];
  }
}

/**
 * Containers that the engine may have though no instance owns them: the connection broke before the engine could say
 * that it had made one, or before it had removed it. By ID or by name.
 */
export class Orphans {
  readonly #containers = new Set<string>();
  readonly #remove: (container: string) => Promise<void>;

  constructor(remove: (container: string) => Promise<void>) {
    this.#remove = remove;
  }

  add(container: string): void {
    this.#containers.add(container);
  }

  /** Those that cannot be removed now stay for the next time; in the end they go with the session. */
  async remove(): Promise<void> {
    for (const container of [...this.#containers]) {
      await this.#remove(container).then(
        () => this.#containers.delete(container),
        () => undefined,
      );
    }
  }
}
