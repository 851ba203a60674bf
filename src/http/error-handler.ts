import type { ErrorRequestHandler } from 'express';
import type { Logger } from '../shared/logger.ts';
import { type ApiResponse, sendRequestError } from './answers.ts';
import { internalError, toThrownAnswer } from './validate.ts';

const allowOf = (thrown: unknown): string | undefined =>
  (thrown as { readonly headers?: { readonly Allow?: string } } | null)?.headers?.Allow;

/** The last middleware: answers all errors before it. A failure of our own is logged with its stack. */
export const handleErrors =
  (logger: Logger): ErrorRequestHandler =>
  // Express knows an error handler by its four parameters.
  (thrown: unknown, _request, response: ApiResponse, _next) => {
    const answer = toThrownAnswer(thrown);
    if (answer === null) logger.error({ err: thrown }, 'request failed');
    const allow = allowOf(thrown);
    if (allow !== undefined && !response.headersSent) response.set('Allow', allow);
    sendRequestError(response, answer ?? internalError);
  };
