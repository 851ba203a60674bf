import { setTimeout as sleep } from 'node:timers/promises';
import type { Bounds } from '../model/options.ts';
import { CaseSkipped, NotTried, type Operation } from '../model/result.ts';

/** Documented: how long a claim waits to be spawned. */
export const leaseMs = 10_000;
/** When a lease is over for certain, seen from here: it began before its answer arrived, and 600 ms are for the target's timer. */
export const expiryMs = leaseMs + 600;

/** How long the target may take for what it does by itself, and for an answer, where nothing else is set. */
export const usualSettleMs = 3_000;
export const usualTimeoutMs = 30_000;

type Cost = 'claim' | 'spawn';

/** What a request for the operation costs the target; null where it is nothing. */
export const costOf = (operation: Operation | null): Cost | null => {
  if (operation === 'claimInstance') return 'claim';
  return operation === 'spawnInstance' ? 'spawn' : null;
};

/** Counts what costs the target something, and refuses what would pass the bounds. */
export class Budget {
  /** Something was left out because of a bound. */
  hasRefused = false;
  readonly #bounds: Readonly<Record<Cost, number>>;
  readonly #taken = { claim: 0, spawn: 0 };

  constructor({ maxClaims: claim = Number.POSITIVE_INFINITY, maxSpawns: spawn = Number.POSITIVE_INFINITY }: Bounds) {
    this.#bounds = { claim, spawn };
  }

  /** Before a claim or spawn is sent. Throws CaseSkipped where the bound is reached. */
  take(what: Cost): void {
    if (this.left(what) <= 0) {
      this.hasRefused = true;
      throw new CaseSkipped(`the run may make only ${this.#bounds[what]} ${what}s`);
    }
    this.#taken[what] += 1;
  }

  /** How many more may be made. */
  left(what: Cost): number {
    return this.#bounds[what] - this.#taken[what];
  }

  /** The target refused it: it cost nothing. */
  giveBack(what: Cost): void {
    this.#taken[what] -= 1;
  }
}

/** Time as the target sees it: it passes by itself, and is moved on where the target's clock can be. Milliseconds. */
export interface SuiteClock {
  readonly isMovable: boolean;
  now(): number;
  /** Lets the target's time pass: by moving its clock, or else by waiting. */
  pass(ms: number, signal?: AbortSignal): Promise<void>;
  /** Waits in real time, for what the target does in the background; longer by as much as this process is late meanwhile. */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
  /** Asks again until the answer is yes, for so long, and longer by as much as this process is late meanwhile. */
  until(isSo: () => boolean | Promise<boolean>, withinMs: number, signal?: AbortSignal): Promise<boolean>;
  /** How late this process has been so far, in all that it was to do. */
  lateMs(): number;
}

export const createSuiteClock = (
  advance?: (ms: number) => Promise<void>,
  lateMs: SuiteClock['lateMs'] = () => 0,
): SuiteClock => {
  let aheadMs = 0;
  const wait = async (ms: number, signal?: AbortSignal): Promise<void> =>
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  const pause: SuiteClock['pause'] = async (ms, signal) => {
    const leftMs = countDown(ms, lateMs);
    for (let left = ms; left >= 1; left = leftMs()) await wait(left, signal);
  };
  return {
    isMovable: advance !== undefined,
    now: () => performance.now() + aheadMs,
    pass: async (ms, signal) => {
      if (advance === undefined) return await wait(ms, signal);
      // Clocks that can be moved count whole milliseconds.
      const wholeMs = Math.ceil(ms);
      // First, so that what arrives while the target's clock moves is not taken for earlier than it is.
      aheadMs += wholeMs;
      await advance(wholeMs);
    },
    pause,
    until: async (isSo, withinMs, signal) => {
      const leftMs = countDown(withinMs, lateMs);
      for (let pauseMs = 5; ; pauseMs = Math.min(2 * pauseMs, 250)) {
        // The last look comes after the whole time, however slow this machine is; one that takes so long has waited itself.
        const [isLast, lookedAt] = [leftMs() <= 0, performance.now()];
        if (await isSo()) return true;
        if (isLast || performance.now() - lookedAt >= withinMs) return false;
        await wait(pauseMs, signal);
      }
    },
    lateMs,
  };
};

/** How much is left of so much time from now on, of which what this process is late does not count. */
const countDown = (ms: number, lateMs: SuiteClock['lateMs']): (() => number) => {
  const [begunAt, lateBefore] = [performance.now(), lateMs()];
  return () => ms - (performance.now() - begunAt) + (lateMs() - lateBefore);
};

const beatMs = 20;
/** By so much timers are late on a quiet machine, too. */
const usualMs = 5;

/** Measures by how much this process's own timers are late: a machine that is busy with others delays all it observes. */
export const measureLateness = () => {
  let [ms, lastAt, isOver] = [0, performance.now(), false];
  const sinceLast = (): number => (isOver ? 0 : Math.max(0, performance.now() - lastAt - beatMs - usualMs));
  const beat = setInterval(() => {
    ms += sinceLast();
    lastAt = performance.now();
  }, beatMs).unref();
  return {
    get ms() {
      return ms + sinceLast();
    },
    /** Then it stays as it is, so that what still waits comes to its end. */
    [Symbol.dispose]: () => {
      ms += sinceLast();
      isOver = true;
      clearInterval(beat);
    },
  };
};

/** The time after which a run tries nothing more. */
export interface Deadline {
  /** Aborts then. */
  readonly signal: AbortSignal;
  /** Why nothing more is tried; null while something is. */
  readonly passed: string | null;
}

/**
 * With what is given back afterwards, a run by URL ends within 90 seconds and the time to explore. Where time is moved,
 * nothing is waited for.
 */
export const usualSeconds = 78;

/** `spentMs` of the time have passed already: a target may be slow to answer whether it is there at all. */
export const createDeadline = (
  { maxSeconds }: Bounds,
  { isMovable, exploreSeconds }: { readonly isMovable: boolean; readonly exploreSeconds: number },
  spentMs: number,
): Deadline => {
  const seconds = maxSeconds ?? (isMovable ? null : usualSeconds + exploreSeconds);
  const left = (seconds ?? 0) * 1_000 - spentMs;
  const signal = seconds === null ? new AbortController().signal : AbortSignal.timeout(Math.max(0, Math.ceil(left)));
  return {
    signal,
    get passed() {
      return signal.aborted ? `the run may take only ${seconds} s (--max-seconds)` : null;
    },
  };
};

/**
 * Whether requests are still answered, and instances can still be claimed. Where they are not, waiting for it again in
 * case after case says nothing new of the target.
 */
export class Ground {
  /** Why the whole run is given up; null while it goes on. */
  gone: string | null = null;
  readonly #settleMs: number;
  readonly #silences = new Map<Operation | null, number>();
  readonly #lost = new Map<Operation | null, string>();
  readonly #inARow = { silences: 0, failures: 0, refusals: 0, repetitions: 0 };
  #firstRefusalAt = Number.POSITIVE_INFINITY;

  constructor(settleMs: number) {
    this.#settleMs = settleMs;
  }

  /** Throws NotTried where the operation has been given up. */
  stand(operation: Operation | null): void {
    const reason = this.#lost.get(operation);
    if (reason !== undefined) throw new NotTried(reason);
  }

  noteAnswer(operation: Operation | null): void {
    this.#silences.delete(operation);
    Object.assign(this.#inARow, { silences: 0, failures: 0 });
  }

  /** No complete answer came within the time, or another failure. */
  noteFailure(operation: Operation | null, failure: 'timeout' | 'broken', reason: string): void {
    const inARow = this.#inARow;
    inARow.failures += 1;
    if (failure === 'timeout') {
      const count = (this.#silences.get(operation) ?? 0) + 1;
      this.#silences.set(operation, count);
      inARow.silences += 1;
      if (operation !== null && count >= enough.silences)
        this.#lost.set(operation, `${operation} is no longer answered`);
    }
    // More than one operation: a target that lacks one is still there.
    const isSilent = inARow.silences >= enough.allSilences && this.#silences.size > 1;
    const isGone = isSilent || inARow.failures >= enough.failures;
    if (isGone) this.gone ??= `${inARow.failures} requests in a row were not answered: ${reason}`;
  }

  /** What a claim has come to; `now` is of the suite's clock. */
  noteClaim(what: 'granted' | 'granted-twice' | 'none-free', now: number): void {
    const inARow = this.#inARow;
    if (what === 'granted-twice') inARow.repetitions += 1;
    if (what === 'granted') {
      inARow.refusals = 0;
      this.#firstRefusalAt = Number.POSITIVE_INFINITY;
    }
    if (what !== 'none-free') return;
    inARow.refusals += 1;
    this.#firstRefusalAt = Math.min(this.#firstRefusalAt, now);
    const isForGood = now - this.#firstRefusalAt >= expiryMs;
    if (isForGood && inARow.refusals >= enough.refusals)
      this.#lost.set('claimInstance', 'no instance can be claimed any longer');
  }

  /** How long to wait for an answer, of the usual time. */
  timeoutMs(operation: Operation | null, usualMs: number): number {
    const isPatient = (this.#silences.get(operation) ?? 0) < patientFor && this.#inARow.silences < patientFor;
    return isPatient ? usualMs : Math.min(usualMs, this.#settleMs);
  }

  /** Why claims are not worth waiting for until they run out; null while they are. */
  get meansNothing(): string | null {
    if (this.#inARow.repetitions < enough.repetitions) return null;
    return `no lease is waited for: ${enough.repetitions} claims and more were granted what the run held already`;
  }
}

/** After so many in a row the run tries no more of the kind. */
const enough = { silences: 3, allSilences: 4, failures: 20, refusals: 3, repetitions: 8 } as const;

/** After so many silences in a row little is waited for the next answer: a run should not take hours to say so. */
const patientFor = 2;
