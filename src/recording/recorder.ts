import type { RequestHandler } from 'express';
import type { MatchedRequest } from '../http/answers.ts';
import type { Json, JsonObject } from '../openapi/load.ts';
import { normalise } from './normalise.ts';
import type { Exchange } from './recording.ts';

/** Bytes of bodies that are kept by default. */
export const defaultRecordingLimitBytes = 32 * 2 ** 20;

/** What an exchange takes beside its bodies, about. */
const exchangeBytes = 256;

export type Recorder = {
  /** Notes what passes by: put it before what serves requests, and after what refuses bad ones. */
  readonly middleware: RequestHandler;
  /** What has been answered so far. One exchange at a time is in memory as it is in the recording. */
  recording(): { readonly version: 1; readonly complete: boolean; readonly exchanges: Iterable<Exchange> };
  clear(): void;
};

/**
 * An exchange as bytes: they are what the limit counts, and they are read when a caller wants the recording, which most
 * often none does.
 */
type Unread = Omit<Exchange, 'request' | 'response'> & { readonly asked: Buffer; readonly answered: Buffer };

/** Filled when the answer is out; a request that gets none, or one that is no JSON, leaves no trace. */
type Place = { exchange: Unread | null };

/** Keeps up to `limitBytes`. What comes after that is not recorded, and `onFull` is called. */
export const createRecorder = (limitBytes: number, onFull: () => void): Recorder => {
  let places: Place[] = [];
  let bytes = 0;
  let complete = true;

  const takes = (size: number): boolean => {
    if (bytes + size <= limitBytes) {
      bytes += size;
      return true;
    }
    if (complete) onFull();
    complete = false;
    return false;
  };

  return {
    middleware: ({ openapi, body }: MatchedRequest, response, next) => {
      const operation = openapi?.schema.operationId;
      // A recording with a gap in the middle could not be replayed.
      if (operation === undefined || !complete || !takes(exchangeBytes)) return next();
      // Taken now, so that exchanges are in the order of their requests, though answers may overtake one another.
      const place: Place = { exchange: null };
      places.push(place);
      const send = response.send.bind(response);
      response.send = (answer) => {
        const container_id = openapi?.pathParams.containerId ?? '';
        const status = response.statusCode;
        const [asked, answered] = [Buffer.from(JSON.stringify(body ?? null)), Buffer.from(String(answer))];
        if (takes(asked.length + answered.length))
          place.exchange = { operation, container_id, status, asked, answered };
        return send(answer);
      };
      next();
    },
    recording: () => {
      const kept = places.flatMap(({ exchange }) => (exchange === null ? [] : [exchange]));
      return { version: 1, complete, exchanges: normalise(readAll(kept)) };
    },
    clear: () => {
      places = [];
      bytes = 0;
      complete = true;
    },
  };
};

function* readAll(kept: readonly Unread[]): Iterable<Exchange> {
  for (const { asked, answered, ...exchange } of kept) {
    const response = parse(answered);
    if (response === undefined) continue;
    yield { ...exchange, request: parse(asked) ?? null, response: response as JsonObject };
  }
}

/** Undefined where it is no JSON. */
const parse = (bytes: Buffer): Json | undefined => {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
};
