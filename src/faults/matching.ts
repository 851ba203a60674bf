import { createHash } from 'node:crypto';
import type { FaultMatch, FaultOperation } from '../stack/stack-faults.ts';

/** A moment at which a fault may fire: a request, or a step in a container's life. */
export type Moment = {
  /** Null for what happens to a container, not to a request. */
  readonly operation: FaultOperation | null;
  /** As the caller wrote it: it may be no container at all. */
  readonly containerId: string;
  readonly instanceId: string | null;
  readonly token: string | null;
};

/** Whether a moment is of the kind that a fault is for, how often and how likely apart. */
export const fits = (match: FaultMatch, moment: Moment, functionName: string | undefined): boolean =>
  (match.operation === undefined || match.operation === moment.operation) &&
  (match.function === undefined || match.function === functionName || match.function === moment.containerId) &&
  (match.token === undefined || (moment.token !== null && fitsPattern(match.token, moment.token)));

/** Whether a text is a pattern's, in which `*` stands for any text. In one pass, for any two texts. */
export const fitsPattern = (pattern: string, text: string): boolean => {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
};

/**
 * A number from 0 to below 1 that follows from its arguments alone: the nth draw of a fault. So draws repeat from run
 * to run, beside any other faults and moments.
 */
export const draw = (seed: number, id: string, nth: number): number =>
  createHash('sha256').update(`${seed}\0${id}\0${nth}`).digest().readUInt32BE() / 2 ** 32;
