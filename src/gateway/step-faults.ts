import type { Readable, Writable } from 'node:stream';
import { meetDelays } from '../faults/call-faults.ts';
import type { FaultSource } from '../faults/faults.ts';
import { InjectedFailure, isDone } from '../faults/injected-failure.ts';

/** Where a fault has an answer broken off, though the function gives it. */
export type Cut = {
  /** Of the body; null is before the headers. */
  readonly bytes: number | null;
  readonly reason: InjectedFailure;
};

type Step = {
  readonly operation: 'reach' | 'pass-on';
  readonly containerId: string;
  readonly instanceId: string;
  readonly token: string;
};

const effects = { reach: ['error', 'reset'], 'pass-on': ['error', 'reset', 'breakOff'] } as const;

/**
 * Waits for the delays that are set on a step. Answers where the step is to break off, null where it is not.
 *
 * @throws InjectedFailure in the place of the step, and the signal's reason
 */
export const meetFaults = async (faults: FaultSource, step: Step, signal: AbortSignal): Promise<Cut | null> => {
  const hit = await meetDelays(faults, effects[step.operation], step, [signal]);
  signal.throwIfAborted();
  if (hit === null) return null;
  const reason = new InjectedFailure(step.operation, hit);
  if (hit.effect.type === 'breakOff') return { bytes: hit.effect.bytes, reason };
  if (isDone(hit.effect)) return { bytes: null, reason };
  throw reason;
};

type Ends = { readonly onEnd: () => void; readonly onCut: (reason: Error) => void };

/** Passes a body on, no faster than it is read: to its end, or to the cut. Of the two, one alone is called for. */
export const passBody = (from: Readable, to: Writable, cut: Cut | null, { onEnd, onCut }: Ends): void => {
  from.once('end', onEnd);
  if (cut === null) return void from.pipe(to, { end: false });
  let left = cut.bytes ?? 0;
  if (left === 0) return onCut(cut.reason);
  const pass = (chunk: Buffer): void => {
    const part = chunk.subarray(0, left);
    left -= part.length;
    if (left === 0) {
      // A short body has ended before what is out of it has gone.
      from.off('data', pass).off('end', onEnd).pause();
      to.write(part, () => onCut(cut.reason));
    } else if (!to.write(part)) {
      from.pause();
      to.once('drain', () => from.resume());
    }
  };
  from.on('data', pass);
};

/** Calls `onCut` once a connection that is piped elsewhere has given so much, its head first, with the piece that reaches it. */
export const cutTunnel = (from: Readable, head: Buffer, cut: Cut, onCut: (reason: Error) => void): void => {
  let left = cut.bytes ?? 0;
  const count = (chunk: Buffer): void => {
    left -= chunk.length;
    if (left <= 0) onCut(cut.reason);
  };
  from.on('data', count);
  if (head.length > 0) count(head);
};
