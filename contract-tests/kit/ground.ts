import { NotTried, type Operation } from '../model/result.ts';

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
  /** A claim was refused for want of an instance, although the run held none. */
  noteNoneFree(): void;
  noteGrant(): void;
  /** An instance was granted that another claim of the run holds. */
  noteRepeated(): void;
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

export const createGround = (settleMs: number): Ground => {
  const silences = new Map<Operation | null, number>();
  const lost = new Map<Operation | null, string>();
  const inARow = { silences: 0, failures: 0, refusals: 0, repetitions: 0 };
  let gone: string | null = null;
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
    noteNoneFree: () => {
      inARow.refusals += 1;
      if (inARow.refusals >= enough.refusals) lost.set('claimInstance', 'no instance can be claimed any longer');
    },
    noteGrant: () => {
      inARow.refusals = 0;
    },
    noteRepeated: () => {
      inARow.repetitions += 1;
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
