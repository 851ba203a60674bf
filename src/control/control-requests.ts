import type { RequestHandler } from 'express';
import { type ApiResponse, errorAnswer, sendData, sendError } from '../http/answers.ts';
import type { WatchedRequest } from '../recording/watched-requests.ts';
import { findCursorFault, readEvery, stream } from './control-events.ts';
import type { Controlled, Numbered } from './control-target.ts';
import { toWireRequest } from './control-wire.ts';

/** Answers the requests that are remembered, or follows them as server-sent events. */
export const serveRequests =
  ({ requests }: Pick<Controlled, 'requests'>): RequestHandler =>
  (request, response: ApiResponse) => {
    if (request.accepts(['json', 'text/event-stream']) !== 'text/event-stream')
      return sendData(response, requests.after(0).map(toWireRequest));
    const after = Number(request.get('Last-Event-ID') ?? requests.latest);
    const fault = findCursorFault(after, requests, 'request');
    if (fault !== null) return sendError(response, fault);
    stream(requests, { after, follows: true, everyMs: readEvery(request), toText: toServerSentEvent }, response);
  };

const toServerSentEvent = (numbered: Numbered<WatchedRequest>): string =>
  `id: ${numbered.number}\nevent: request\ndata: ${JSON.stringify(toWireRequest(numbered))}\n\n`;

/** Answers one request with its bodies. */
export const showRequest =
  ({ requests, showBodies }: Pick<Controlled, 'requests' | 'showBodies'>): RequestHandler<{ requestId: string }> =>
  ({ params: { requestId } }, response: ApiResponse) => {
    const id = Number(requestId);
    const [found] = requests.after(id - 1);
    if (found?.number === id) sendData(response, { ...toWireRequest(found), ...showBodies(found.item) });
    else sendError(response, unknown(requestId));
  };

const unknown = (id: string) =>
  errorAnswer('404.uri', 'Unknown request', {
    detail: `No request has the ID ${id}, or it is remembered no more. GET /_emulator/requests lists all.`,
  });
