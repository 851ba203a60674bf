import type { Request, RequestHandler } from 'express';
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

/** What the validator notes on a request that keeps to the description. */
type ValidRequest = Request & {
  readonly openapi?: {
    readonly schema: { readonly operationId?: string };
    readonly pathParams: { readonly containerId?: string };
  };
};

/** Filled when the answer is out; a request that gets none, or one that is no JSON, leaves no trace. */
type Slot = { exchange: Exchange | null };

export const createRecorder = (): Recorder => {
  let slots: Slot[] = [];
  let complete = true;
  return {
    middleware: ({ openapi, body }: ValidRequest, response, next) => {
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
        const parsed = parseAnswer(answer);
        if (parsed !== null) {
          const container_id = openapi?.pathParams.containerId ?? '';
          const request = body ?? null;
          slot.exchange = { operation, container_id, request, status: response.statusCode, response: parsed };
        }
        return send(answer);
      };
      next();
    },
    recording: () => ({
      version: 1,
      complete,
      exchanges: normalise(slots.flatMap(({ exchange }) => (exchange === null ? [] : [exchange]))),
    }),
    clear: () => {
      slots = [];
      complete = true;
    },
  };
};

const parseAnswer = (answer: unknown): JsonObject | null => {
  try {
    return JSON.parse(String(answer)) as JsonObject;
  } catch {
    return null;
  }
};
