import type { Request, Response } from 'express';
import { type ErrorAnswer, toErrorBody } from './error-answer.ts';

/** What the log line of a request says that cannot be read off its response. */
type RequestNotes = { operation?: string; code?: string; instanceId?: string; fault?: string };

/** Says an error about a request as a recorded scheduler does; the same where it is not recorded. */
export type ReviseError = (answer: ErrorAnswer, request: Request) => ErrorAnswer;

/** A response whose `locals` belong to the log, and to what is recorded of another scheduler. */
export type ApiResponse = Response<unknown, RequestNotes & { reviseError?: ReviseError }>;

/**
 * Writes an error: nothing else in the app does, but for bodies that are refused while they arrive (body-admission.ts).
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

/** Writes a success. It passes the check against the description; an answer that fails it becomes a 500 of ours. */
export const sendData = (response: ApiResponse, data: unknown): void => {
  // Not by `type`, which looks up what JSON is called.
  response.status(200).setHeader('Content-Type', 'application/json; charset=utf-8');
  response.json({ data });
};
