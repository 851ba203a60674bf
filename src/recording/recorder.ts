import type { RequestHandler } from 'express';
import type { MatchedRequest } from '../http/matched-request.ts';
import type { JsonObject } from '../openapi/load.ts';
import { normalise } from './normalise.ts';
import type { Exchange, Recording } from './recording.ts';

/** More than any test suite's worth; past it the recording says that it is not complete. */
const mostExchanges = 10_000;

export type Recorder = {
  /** Notes what passes by: put it before whatever serves requests, and after what refuses bad ones. */
  readonly middleware: RequestHandler;
  /** What has been answered so far. */
  recording(): Recording;
  clear(): void;
};

/** An exchange whose answer is still text: it is read when somebody wants the recording, and most often nobody does. */
type Unread = Omit<Exchange, 'response'> & { readonly answer: string };

/** Filled when the answer is out; a request that gets none, or one that is no JSON, leaves no trace. */
type Slot = { exchange: Unread | null };

export const createRecorder = (): Recorder => {
  let slots: Slot[] = [];
  let complete = true;
  return {
    middleware: ({ openapi, body }: MatchedRequest, response, next) => {
      const operation = openapi?.schema.operationId;
      if (operation === undefined || slots.length >= mostExchanges) {
        if (operation !== undefined) complete = false;
        return next();
      }
      // Taken now, so that exchanges are in the order of their requests, though answers may overtake one another.
      const slot: Slot = { exchange: null };
      slots.push(slot);
      const send = response.send.bind(response);
      response.send = (answer) => {
        const container_id = openapi?.pathParams.containerId ?? '';
        const status = response.statusCode;
        slot.exchange = { operation, container_id, request: body ?? null, status, answer: String(answer) };
        return send(answer);
      };
      next();
    },
    recording: () => ({
      version: 1,
      complete,
      exchanges: normalise(slots.flatMap(({ exchange }) => (exchange === null ? [] : readAnswer(exchange)))),
    }),
    clear: () => {
      slots = [];
      complete = true;
    },
  };
};

/** None where the answer is no JSON. */
const readAnswer = ({ answer, ...exchange }: Unread): readonly Exchange[] => {
  try {
    return [{ ...exchange, response: JSON.parse(answer) as JsonObject }];
  } catch {
    return [];
  }
};
