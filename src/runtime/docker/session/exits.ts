import type { Alarm, Clock } from '../../../shared/clock.ts';
import type { Exit } from '../../port.ts';
import type { DockerConnection } from '../engine/connection.ts';
import { listContainers, loadExit, unknownExit } from '../engine/container-api.ts';
import { hasEnded } from '../engine/quirks.ts';

/** Between two looks at least. */
const everyMs = 5_000;

/** A look at thousands of containers may take its time; looking takes no more of it than one part in so many. */
const onePartIn = 50;

/** The ends of a session's containers that are awaited, by the engine's ID. */
export class Exits {
  readonly #connection: DockerConnection;
  readonly #sessionId: string;
  readonly #pending = new Map<string, PromiseWithResolvers<Exit>>();
  /** Of these an event has reported the end, and the rest of it is being asked for. */
  readonly #reported = new Set<string>();

  constructor(connection: DockerConnection, sessionId: string) {
    this.#connection = connection;
    this.#sessionId = sessionId;
  }

  /** Begins to await an end, before the start is asked for: a process may end before the engine has answered. */
  expect(dockerId: string): Promise<Exit> {
    const exit = Promise.withResolvers<Exit>();
    this.#pending.set(dockerId, exit);
    return exit.promise;
  }

  isExpected(dockerId: string): boolean {
    return this.#pending.has(dockerId);
  }

  /** A second report, or one of an unknown container, does nothing. */
  settle(dockerId: string, exit: Exit): void {
    this.#pending.get(dockerId)?.resolve(exit);
    this.#pending.delete(dockerId);
  }

  /**
   * The event comes while the engine still clears up: it lists the container as running, and holds its address. It
   * answers a question about the container when that is done, and then knows of a lack of memory, too.
   *
   * @param code null where the event does not say
   */
  async report(dockerId: string, code: number | null): Promise<void> {
    if (!this.isExpected(dockerId) || this.#reported.has(dockerId)) return;
    this.#reported.add(dockerId);
    const exit = await loadExit(this.#connection, dockerId).catch(() => unknownExit);
    this.settle(dockerId, { ...exit, code: code ?? exit.code });
    this.#reported.delete(dockerId);
  }

  /** A container usually ends before it goes, and that is known better then. */
  reportGone(dockerId: string): void {
    if (!this.#reported.has(dockerId)) this.settle(dockerId, unknownExit);
  }

  /** Settles the ends of a time without events. */
  async catchUp(): Promise<void> {
    await this.#settle(await this.#findOverdue());
  }

  /** Settles what can end no more to this process. */
  giveUp(): void {
    for (const dockerId of this.#pending.keys()) this.settle(dockerId, unknownExit);
  }

  /**
   * Looks slowly, again and again, for ends and removals that no event has reported: engines drop events, and each names
   * them in its own words. What a look finds counts when the next one finds it, too: an event that is on its way knows
   * more of an end than what it leaves.
   */
  sweep(clock: Clock): Disposable {
    let found: readonly string[] = [];
    return repeat(clock, everyMs, async (stopped) => {
      const begunAt = clock.now();
      try {
        const before = new Set(found);
        found = await this.#findOverdue();
        if (stopped.aborted) return null;
        await this.#settle(found.filter((dockerId) => before.has(dockerId) && !this.#reported.has(dockerId)));
      } catch {
        // The engine is away, and what follows its events finds out.
      }
      return Math.max(everyMs, (clock.now() - begunAt) * onePartIn);
    });
  }

  /** Those that have ended or are gone. */
  async #findOverdue(): Promise<readonly string[]> {
    const expected = [...this.#pending.keys()];
    if (expected.length === 0) return [];
    const containers = await listContainers(this.#connection, this.#sessionId);
    const going = new Set(containers.filter(({ State }) => !hasEnded(State)).map(({ Id }) => Id));
    return expected.filter((dockerId) => !going.has(dockerId));
  }

  /** Of one that is gone, the engine knows no more than that. */
  async #settle(overdue: readonly string[]): Promise<void> {
    for (const dockerId of overdue) this.settle(dockerId, await loadExit(this.#connection, dockerId));
  }
}

/**
 * Does the work again and again: first after so many milliseconds, then after as many as it answers. No more where it
 * answers null, or once it is disposed of.
 */
export const repeat = (
  clock: Clock,
  firstMs: number,
  work: (stopped: AbortSignal) => Promise<number | null>,
): Disposable => {
  const stopped = new AbortController();
  let alarm: Alarm;
  const workLater = (ms: number): void => {
    alarm = clock.alarm(clock.now() + ms, async () => {
      const nextMs = await work(stopped.signal);
      if (nextMs !== null && !stopped.signal.aborted) workLater(nextMs);
    });
  };
  workLater(firstMs);
  return {
    [Symbol.dispose]: () => {
      stopped.abort();
      alarm.cancel();
    },
  };
};
