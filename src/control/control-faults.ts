import { type ErrorRequestHandler, type RequestHandler, Router } from 'express';
import type { Faults } from '../faults/faults.ts';
import { type ApiResponse, errorAnswer, quote, sendData, sendError } from '../http/answers.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import type { Fault } from '../stack/stack-faults.ts';

/**
 * Sets a fault. Comes before the check against the description, which would say of every wrong effect what the first of
 * all effects lacks; `add` knows the same rules, those of a fixture, and says all that is wrong.
 */
export const addFault =
  (faults: Faults): RequestHandler =>
  ({ body }, response: ApiResponse) => {
    response.locals.operation = 'addFault';
    // What is wrong with it, `add` says.
    const fault: Fault = body ?? {};
    if (fault.id !== undefined && faults.list().some(({ id }) => id === fault.id)) {
      sendError(response, duplicate(fault.id));
      return;
    }
    const added = faults.add(fault);
    sendData(
      response,
      faults.list().find(({ id }) => id === added),
    );
  };

/** What goes wrong on purpose, in the hand of an HTTP client. */
export const serveFaults = (faults: Faults): RequestHandler => {
  const router = Router({ strict: true, caseSensitive: true });
  const answerAll = (response: ApiResponse) => sendData(response, faults.list());
  router.get('/_emulator/faults', (_request, response: ApiResponse) => answerAll(response));
  router.delete('/_emulator/faults', (_request, response: ApiResponse) => {
    faults.clear();
    answerAll(response);
  });
  router.delete('/_emulator/faults/:faultId', (request, response: ApiResponse) => {
    const { faultId } = request.params;
    if (faults.remove(faultId)) answerAll(response);
    else sendError(response, unknown(faultId));
  });
  return router;
};

const duplicate = (id: string) =>
  errorAnswer('409.duplicate-found', 'Fault exists', {
    detail: `Another fault has the ID ${quote(id)}. Remove that fault, or choose another ID.`,
    source: '/id',
  });

/** The envelope knows no code for things that only emulators have; this one says what kind of failure it is. */
const unknown = (id: string) =>
  errorAnswer('404.uri', 'Unknown fault', {
    detail: `No fault is called ${quote(id)}. GET /_emulator/faults lists all.`,
  });

/** Answers what no schema can say of a request, and the emulator says by itself. */
export const answerBadOptions: ErrorRequestHandler = (error: unknown, _request, response: ApiResponse, next) => {
  if (!(error instanceof EmulatorError) || error.code !== errorCodes.badOption) return next(error);
  sendError(response, errorAnswer('422.invalid-argument', 'Invalid argument', { detail: error.message }));
};
