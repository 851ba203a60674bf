import type { ErrorRequestHandler } from 'express';
import { type ApiResponse, errorAnswer, sendError } from '../http/answers.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';

/** Answers what no schema can say of a request, and the emulator says by itself. */
export const answerBadOptions: ErrorRequestHandler = (error: unknown, _request, response: ApiResponse, next) => {
  if (!(error instanceof EmulatorError) || error.code !== errorCodes.badOption) return next(error);
  sendError(response, errorAnswer('422.invalid-argument', 'Invalid argument', { detail: error.message }));
};
