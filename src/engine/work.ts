import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { Bell } from '../shared/async.ts';
import type { Clock, MovableClock } from '../shared/clock.ts';

/** One thing that is to be done. */
type Piece = {
  /** When it was begun, or set going again by the clock: the later, the higher. */
  number: number;
  /** How many alarms it has set and waits for. */
  alarms: number;
  /** Whether it waits for other pieces. */
  queued: boolean;
};

/**
 * What is being done to containers at this moment, so that a caller who moves the clock can wait for what came of it. A
 * piece of work that itself waits for the clock counts as done for now, and so does one that waits for none but such:
 * waiting for it would be waiting for oneself.
 */
export class Work {
  readonly #underWay = new Set<Piece>();
  /** Which piece of work the running code belongs to: alarms are set deep inside a runtime, which knows nothing of this. */
  readonly #current = new AsyncLocalStorage<Piece>();
  #begun = 0;
  readonly #changed = new Bell();

  /** How many pieces of work were ever begun or set going again; a mark for `doneSince`. */
  get begun(): number {
    return this.#begun;
  }

  /** @param admit runs the work when its turn has come; at once without it */
  async do<Result>(
    work: () => Promise<Result>,
    admit: (run: () => Promise<Result>) => Promise<Result> = (run) => run(),
  ): Promise<Result> {
    this.#begun += 1;
    const piece: Piece = { number: this.#begun, alarms: 0, queued: true };
    this.#underWay.add(piece);
    const run = (): Promise<Result> => {
      piece.queued = false;
      return this.#current.run(piece, work);
    };
    try {
      return await admit(run);
    } finally {
      this.#underWay.delete(piece);
      this.#changed.ring();
    }
  }

  /** Waits for other pieces from inside of one. */
  async waitFor(others: Iterable<Promise<unknown>>): Promise<void> {
    const piece = this.#current.getStore();
    if (piece !== undefined) piece.queued = true;
    this.#changed.ring();
    await Promise.allSettled(others);
    if (piece !== undefined) piece.queued = false;
  }

  /** Resolves once all work begun after the mark, and all that followed from it, is done or waits for the clock. */
  async doneSince(mark: number): Promise<void> {
    for (;;) {
      // By then all that follows from settled promises alone has been begun.
      await turnOfTheLoop();
      const pieces = [...this.#underWay].filter(({ alarms }) => alarms === 0);
      const isAwaited = pieces.some(({ number }) => number > mark);
      const isMoving = pieces.some(({ queued }) => !queued);
      if (!isAwaited || !isMoving) return;
      await this.#changed.rings;
    }
  }

  /**
   * The clock for those who do the work: it notices which piece of work waits for it. What the clock has set going again
   * counts as begun then, so that a caller that has moved it waits for that.
   *
   * @param patienceMs how long, in real time, a piece that has set an alarm counts as moving all the same: where the
   *   alarm is for the case that something else does not come
   */
  watch(clock: Clock, patienceMs = 0): Clock {
    return {
      now: () => clock.now(),
      alarm: (at, ring) => {
        const piece = this.#current.getStore();
        if (piece === undefined) return clock.alarm(at, ring);
        let isCounted = false;
        const count = (): void => {
          isCounted = true;
          piece.alarms += 1;
          this.#changed.ring();
        };
        let patience: NodeJS.Timeout | undefined;
        if (patienceMs > 0) patience = setTimeout(count, patienceMs);
        else count();
        const over = (): void => {
          clearTimeout(patience);
          if (isCounted) piece.alarms -= 1;
          isCounted = false;
        };
        const alarm = clock.alarm(at, () => {
          over();
          this.#begun += 1;
          piece.number = this.#begun;
          ring();
        });
        return {
          cancel: () => {
            over();
            alarm.cancel();
          },
        };
      },
    };
  }
}

/**
 * The time the emulator lives by: leases, queue times, `max_runtime`, the grace of a stop. What runs in containers sees
 * real time, and so a grace also ends when it has passed in real time, even while the clock is frozen.
 */
export interface EmulatorClock {
  now(): number;
  readonly frozen: boolean;
  /** When time alone will next change something by the rules, such as the end of a lease; null where nothing is pending. */
  readonly nextDeadline: number | null;
  /** Stands still until `resume`; `advance` moves it all the same. */
  freeze(): void;
  /** Runs again from the time it shows, at the speed of real time. */
  resume(): void;
  /**
   * Moves on by `ms` milliseconds, deadline by deadline. Resolves once all that fell due has been done: leases ended,
   * waiting callers sent away, overdue runs stopped and their instances replaced. A function that was sent its signal
   * has a second of real time to end by itself before the clock goes on. One that has not ended by then has the rest of
   * its grace: it is killed when the clock is moved past that, by this call or by a later one, and is active until then.
   */
  advance(ms: number): Promise<void>;
  /** The same, on to `nextDeadline`; the clock stays where there is none. */
  advanceToNextDeadline(): Promise<void>;
}

type ClockParts = {
  readonly clock: MovableClock;
  readonly work: Work;
  nextDeadline(): number | null;
  /** Gets the time whenever the clock has been made to show another than it would have by itself. */
  onMoved(now: number): void;
};

/** The emulator's clock for its user: moving it waits for the work that falls due. */
export const createEmulatorClock = ({ clock, work, nextDeadline, onMoved }: ClockParts): EmulatorClock => {
  /** Moves follow one another: two at once would ring alarms out of their order. */
  let moves: Promise<void> = Promise.resolve();

  const move = async (ms: number): Promise<void> => {
    const mark = work.begun;
    await clock.advance(ms, () => work.doneSince(mark));
    onMoved(clock.now());
  };

  const inTurn = async (work: () => Promise<void>): Promise<void> => {
    const moved = moves.then(work);
    moves = moved.catch(() => {});
    await moved;
  };

  return {
    now: () => clock.now(),
    get frozen() {
      return clock.frozen;
    },
    get nextDeadline() {
      return nextDeadline();
    },
    freeze: () => clock.freeze(),
    resume: () => {
      clock.resume();
      onMoved(clock.now());
    },
    advance: (ms) => inTurn(() => move(ms)),
    advanceToNextDeadline: () =>
      inTurn(async () => {
        const at = nextDeadline();
        if (at !== null) await move(Math.max(0, at - clock.now()));
      }),
  };
};
