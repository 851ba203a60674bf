import type { Response } from 'express';
import { type ErrorAnswer, toErrorBody } from './error-answer.ts';

/** What the log line of a request says that cannot be read off its response. */
type RequestNotes = { operation?: string; code?: string; instanceId?: string; fault?: string };

/** A response whose `locals` belong to the log. */
export type ApiResponse = Response<unknown, RequestNotes>;

/**
 * Writes an error: nothing else in the app does.
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

/** Writes a success. It passes the check against the description; an answer that fails it becomes a 500 of ours. */
export const sendData = (response: ApiResponse, data: unknown): void => {
  response.status(200).type('json').json({ data });
};
