import { type RequestHandler, Router } from 'express';
import type { Fault } from '../faults/fault.ts';
import type { Faults } from '../faults/faults.ts';
import { type ApiResponse, sendData, sendError } from '../http/api-response.ts';
import { errorAnswer, quote } from '../http/error-answer.ts';

/** What goes wrong on purpose, in the hand of an HTTP client. */
export const serveFaults = (faults: Faults): RequestHandler => {
  const router = Router({ strict: true, caseSensitive: true });
  const answerAll = (response: ApiResponse) => sendData(response, faults.list());
  router.get('/_emulator/faults', (_request, response: ApiResponse) => answerAll(response));
  router.post('/_emulator/faults', (request, response: ApiResponse) => {
    // Held to the description before it came here; what no schema can say, `add` looks at.
    const fault = request.body as Fault;
    if (faults.list().some(({ id }) => id === fault.id)) {
      sendError(response, duplicate(fault.id ?? ''));
      return;
    }
    const added = faults.add(fault);
    sendData(
      response,
      faults.list().find(({ id }) => id === added),
    );
  });
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
    detail: `There is a fault ${quote(id)} already. Remove it first, or choose another ID.`,
    source: '/id',
  });

/** The envelope knows no code for things that only emulators have; this one says what kind of failure it is. */
const unknown = (id: string) =>
  errorAnswer('404.uri', 'Unknown fault', {
    detail: `No fault is called ${quote(id)}. GET /_emulator/faults lists all.`,
  });
