import type { Operation } from '../vocabulary.ts';

/** How long to wait for an answer. */
export interface Patience {
  timeoutMs(operation: Operation | null): number;
  noteSilence(operation: Operation | null): void;
}

const silencesEnough = 2;

/**
 * An operation that has twice said nothing for the whole time is given little from then on: the contract is broken, and
 * a run should not take hours to say so.
 */
export const createPatience = (fullMs: number, settleMs: number): Patience => {
  const silences = new Map<Operation | null, number>();
  return {
    timeoutMs: (operation) => ((silences.get(operation) ?? 0) < silencesEnough ? fullMs : Math.min(fullMs, settleMs)),
    noteSilence: (operation) => silences.set(operation, (silences.get(operation) ?? 0) + 1),
  };
};
