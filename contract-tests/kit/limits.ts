import { setTimeout as sleep } from 'node:timers/promises';
import type { Bounds } from '../model/options.ts';
import { CaseSkipped, NotTried, type Operation } from '../model/result.ts';

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
export interface Budget {
  /** Before a claim or spawn is sent. Throws CaseSkipped where the bound is reached. */
  take(what: Cost): void;
  /** How many more may be made. */
  left(what: Cost): number;
  /** The target refused it: it cost nothing. */
  giveBack(what: Cost): void;
  /** Something was left out because of a bound. */
  readonly hasRefused: boolean;
}

export const createBudget = ({ maxClaims, maxSpawns }: Bounds): Budget => {
  const bounds = { claim: maxClaims ?? Number.POSITIVE_INFINITY, spawn: maxSpawns ?? Number.POSITIVE_INFINITY };
  const taken = { claim: 0, spawn: 0 };
  let hasRefused = false;
  return {
    take: (what) => {
      if (taken[what] >= bounds[what]) {
        hasRefused = true;
        throw new CaseSkipped(`the run may make only ${bounds[what]} ${what}s`);
      }
      taken[what] += 1;
    },
    left: (what) => bounds[what] - taken[what],
    giveBack: (what) => {
      taken[what] -= 1;
    },
    get hasRefused() {
      return hasRefused;
    },
  };
};

/** Time as the target sees it: it passes by itself, and is moved on where the target's clock can be. Milliseconds. */
export interface SuiteClock {
  readonly isMovable: boolean;
  now(): number;
  /** Lets the target's time pass: by moving its clock, or else by waiting. */
  pass(ms: number, signal?: AbortSignal): Promise<void>;
  /** Waits in real time, for what the target does in the background. */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
}

export const createSuiteClock = (advance?: (ms: number) => Promise<void>): SuiteClock => {
  let aheadMs = 0;
  const pause = async (ms: number, signal?: AbortSignal): Promise<void> =>
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  return {
    isMovable: advance !== undefined,
    now: () => performance.now() + aheadMs,
    pass: async (ms, signal) => {
      if (advance === undefined) return await pause(ms, signal);
      // Clocks that can be moved count whole milliseconds.
      const wholeMs = Math.ceil(ms);
      // First, so that what arrives while the target's clock moves is not taken for earlier than it is.
      aheadMs += wholeMs;
      await advance(wholeMs);
    },
    pause,
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
 * What a run stands on: requests are answered, and instances can be claimed. Where that is gone, waiting for it again in
 * case after case says nothing new of the target.
 */
export interface Ground {
  /** Throws NotTried where the operation has been given up. */
  stand(operation: Operation | null): void;
  noteAnswer(operation: Operation | null): void;
  /** No complete answer came within the time, or another failure. */
  noteFailure(operation: Operation | null, failure: 'timeout' | 'broken', reason: string): void;
  /** What a claim has come to; `now` is of the suite's clock. */
  noteClaim(what: 'granted' | 'granted-twice' | 'none-free', now: number): void;
  /** How long to wait for an answer, of the usual time. */
  timeoutMs(operation: Operation | null, usualMs: number): number;
  /** Why claims are not worth waiting for until they run out; null while they are. */
  readonly meansNothing: string | null;
  /** Why the whole run is given up; null while it goes on. */
  readonly gone: string | null;
}

/** So many in a row. */
const enough = { silences: 3, allSilences: 4, failures: 20, refusals: 3, repetitions: 8 } as const;

/** After so many silences in a row little is waited for the next answer: a run should not take hours to say so. */
const patientFor = 2;

/** What another run has left is free again after that time. */
const leftoversMs = 10_600;

export const createGround = (settleMs: number): Ground => {
  const silences = new Map<Operation | null, number>();
  const lost = new Map<Operation | null, string>();
  const inARow = { silences: 0, failures: 0, refusals: 0, repetitions: 0 };
  let gone: string | null = null;
  let firstRefusalAt = Number.POSITIVE_INFINITY;
  return {
    stand: (operation) => {
      const reason = lost.get(operation);
      if (reason !== undefined) throw new NotTried(reason);
    },
    noteAnswer: (operation) => {
      silences.delete(operation);
      Object.assign(inARow, { silences: 0, failures: 0 });
    },
    noteFailure: (operation, failure, reason) => {
      inARow.failures += 1;
      if (failure === 'timeout') {
        const count = (silences.get(operation) ?? 0) + 1;
        silences.set(operation, count);
        inARow.silences += 1;
        if (operation !== null && count >= enough.silences) lost.set(operation, `${operation} is no longer answered`);
      }
      // More than one operation: a target that lacks one is still there.
      const isSilent = inARow.silences >= enough.allSilences && silences.size > 1;
      const isGone = isSilent || inARow.failures >= enough.failures;
      if (isGone) gone ??= `${inARow.failures} requests in a row were not answered: ${reason}`;
    },
    noteClaim: (what, now) => {
      if (what === 'granted-twice') inARow.repetitions += 1;
      if (what === 'granted') {
        inARow.refusals = 0;
        firstRefusalAt = Number.POSITIVE_INFINITY;
      }
      if (what !== 'none-free') return;
      inARow.refusals += 1;
      firstRefusalAt = Math.min(firstRefusalAt, now);
      const isForGood = now - firstRefusalAt >= leftoversMs;
      if (isForGood && inARow.refusals >= enough.refusals)
        lost.set('claimInstance', 'no instance can be claimed any longer');
    },
    timeoutMs: (operation, usualMs) => {
      const isPatient = (silences.get(operation) ?? 0) < patientFor && inARow.silences < patientFor;
      return isPatient ? usualMs : Math.min(usualMs, settleMs);
    },
    get meansNothing() {
      const { repetitions } = inARow;
      if (repetitions < enough.repetitions) return null;
      return `no lease is waited for: ${enough.repetitions} claims and more were granted what the run held already`;
    },
    get gone() {
      return gone;
    },
  };
};
