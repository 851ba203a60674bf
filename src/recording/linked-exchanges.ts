import type { IncomingMessage } from 'node:http';
import type { Ending, LinkedRequest } from './linked-request.ts';

/**
 * A request to a function over HTTP. What may hold secrets is left out: the query, and all headers but the type of each
 * body. A replay answers none of these, since it runs no function.
 */
export type LinkedExchange = {
  readonly container_id: string | null;
  readonly method: string;
  /** As the caller wrote it, but for the port. */
  readonly host: string;
  readonly path: string;
  readonly request: RecordedBody | null;
  /** Null where nothing was answered. */
  readonly status: number | null;
  readonly ending: Ending;
  /** The function's; null where another answered, or the connection changed protocols. */
  readonly response: RecordedBody | null;
};

/** `text` where it is UTF-8, `base64` where it is not. */
export type RecordedBody = {
  readonly type: string | null;
  readonly text?: string;
  readonly base64?: string;
  /** False where there was more, or less than there should have been. */
  readonly complete: boolean;
};

/** Notes one request while it goes on. */
export type LinkedRecorder = {
  /** Looks on as a body passes by; call it where something else reads that. */
  keep(side: Side, body: IncomingMessage): void;
  end(request: LinkedRequest): void;
};

/** Of each body: an upload of gigabytes is no reason to end a recording. */
export const mostBodyBytes = 65_536;

export type Side = 'request' | 'response';
export type KeptBody = Pick<RecordedBody, 'type' | 'complete'> & {
  /** Text where it was a text here already. */
  readonly bytes: Buffer | string;
};

/** Keeps the beginnings of the bodies of one request; `takes` counts bytes, and says whether they are still to be kept. */
export const keepBodies = (takes: (bytes: number) => boolean) => {
  const ends: Partial<Record<Side, () => KeptBody>> = {};
  return {
    keep: (side: Side, body: IncomingMessage): void => {
      ends[side] = keepBeginning(body, takes);
    },
    /** To be called when the request is over. */
    bodies: () => ({ request: ends.request?.() ?? null, response: ends.response?.() ?? null }),
  };
};

/** Answers what to call for the bytes when the body is over. */
const keepBeginning = (body: IncomingMessage, takes: (bytes: number) => boolean): (() => KeptBody) => {
  const chunks: Buffer[] = [];
  let left = mostBodyBytes;
  let isCut = false;
  const look = (chunk: Buffer): void => {
    const part = chunk.subarray(0, left);
    const isKept = takes(part.length);
    // A copy: the memory of what has passed by is given back.
    if (isKept) chunks.push(Buffer.from(part));
    left -= part.length;
    isCut = !isKept || part.length < chunk.length;
    if (isCut) body.off('data', look);
  };
  body.on('data', look);
  return () => {
    // What a caller sends behind an early answer is part of nothing.
    body.off('data', look);
    return {
      type: body.headers['content-type'] ?? null,
      bytes: Buffer.concat(chunks),
      complete: !isCut && body.complete,
    };
  };
};

export const toBody = (kept: KeptBody | null): RecordedBody | null => {
  if (kept === null) return null;
  const { bytes, ...about } = kept;
  if (typeof bytes === 'string') return { ...about, text: bytes };
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    // The beginning of a text may end amid a character.
    return { ...about, text: decoder.decode(bytes, { stream: !kept.complete }) };
  } catch {
    return { ...about, base64: bytes.toString('base64') };
  }
};
