import type { Request, Response } from 'express';
import type { operations } from '../openapi/wire-types.ts';
import type { ApiErrorCode, ApiErrorStatus, ErrorEnvelope } from './wire-format.ts';

export type ErrorAnswer = {
  readonly status: ApiErrorStatus;
  readonly code: ApiErrorCode;
  /** The same for all failures of a kind. */
  readonly title: string;
  /** What happened and what to do. Never holds a key or a token. */
  readonly detail?: string;
  /** A JSON pointer into the request's body. */
  readonly source?: string;
};

type StatusOf<Code extends string> = Code extends `${infer Status extends number}.${string}` ? Status : never;

/** Codes begin with their status, so it is written once. */
export const errorAnswer = (
  code: ApiErrorCode,
  title: string,
  more: { readonly detail?: string; readonly source?: string } = {},
): ErrorAnswer => ({ status: Number.parseInt(code, 10) as StatusOf<ApiErrorCode>, code, title, ...more });

/** The body of an error, everywhere: for the app as well as for requests that never reach it. */
export const toErrorBody = (answer: ErrorAnswer): string => {
  const { status, code, title, detail, source } = answer;
  const envelope: ErrorEnvelope = {
    error: {
      status,
      code,
      title,
      ...(detail === undefined ? {} : { detail }),
      ...(source === undefined ? {} : { source }),
    },
    data: null,
  };
  return JSON.stringify(envelope);
};

const longestQuote = 64;

/** A value of the caller's inside one of our sentences: quoted, on one line, and not longer than our own words. */
export const quote = (value: string): string =>
  JSON.stringify(value.length > longestQuote ? `${value.slice(0, longestQuote)}...` : value);

/**
 * What the log line of a request says that cannot be read off its response; and for onlookers, who may keep them, the body
 * as it came and an answer that went out past `send`.
 */
type RequestNotes = {
  operation?: string;
  code?: string;
  instanceId?: string;
  fault?: string;
  asked?: Buffer;
  answered?: string;
};

/** Says an error about a request as a recorded scheduler does; the same where it is not recorded. */
export type ReviseError = (answer: ErrorAnswer, request: Request) => ErrorAnswer;

/** A response whose `locals` belong to the log, and to what is recorded of another scheduler. */
export type ApiResponse = Response<unknown, RequestNotes & { reviseError?: ReviseError }>;

/**
 * Writes an error: nothing else in the app does, but for bodies that are refused while they arrive (request-body.ts).
 * As a string, because `json` would have the answer checked against the description, and would throw from inside the
 * error handler where a later change broke the envelope.
 */
export const sendError = (response: ApiResponse, answer: ErrorAnswer): void => {
  response.locals.code = answer.code;
  if (response.headersSent) {
    // Half an answer is on its way, and a second one would be read as its rest.
    response.destroy();
    return;
  }
  response.status(answer.status).type('json').send(toErrorBody(answer));
};

/** An error that is about the request's own form, as a recorded scheduler says it. */
export const reviseRequestError = ({ locals, req }: ApiResponse, answer: ErrorAnswer): ErrorAnswer =>
  locals.reviseError?.(answer, req) ?? answer;

/** Writes an error that is about the request's own form, before any rule of the scheduler has been asked. */
export const sendRequestError = (response: ApiResponse, answer: ErrorAnswer): void =>
  sendError(response, reviseRequestError(response, answer));

/**
 * Writes a success. It passes the check against the description, of the content type, too; an answer that fails it becomes
 * a 500 of ours.
 */
export const sendData = (response: ApiResponse, data: unknown): void => {
  // By Node's own method: `type` would look it up once more.
  response.setHeader('Content-Type', 'application/json');
  response.json({ data });
};

/** What express-openapi-validator notes on a request whose path it knows. */
type Match = {
  /** The operation as it stands in the description. */
  readonly schema: { readonly operationId?: keyof operations };
  readonly pathParams: { readonly containerId?: string };
};

export type MatchedRequest = Request & { openapi?: Match };
