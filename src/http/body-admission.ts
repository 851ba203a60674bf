import type { Request, RequestHandler } from 'express';
import { type ApiResponse, reviseRequestError } from './api-response.ts';
import { bodyTooLarge } from './body-errors.ts';
import { type ErrorAnswer, toErrorBody } from './error-answer.ts';

/** How long a caller whose request is not read to its end may take to read the answer, in milliseconds. */
export const lingerMs = 1_000;

/**
 * Refuses a body of more than `limitBytes` as soon as its size is known, by its `Content-Length` before anything of it is
 * read, and gives leave for any other to callers that wait for it (`Expect: 100-continue`). Body readers behind it answer
 * only once all has arrived.
 */
export const admitBody =
  (limitBytes: number): RequestHandler =>
  (request, response: ApiResponse, next) => {
    // Other methods have no body to read in this API.
    if (request.method !== 'POST') return next();
    const refuse = (): void => answerEarly(request, response, bodyTooLarge(limitBytes));
    if (Number(request.headers['content-length'] ?? 0) > limitBytes) return refuse();
    if (request.headers['transfer-encoding'] !== undefined) watchSize(request, limitBytes, refuse);
    if (waitsForLeave(request)) response.writeContinue();
    next();
  };

/** A caller of HTTP/1.0 does not wait, and does not know that answer. */
const waitsForLeave = ({ headers, httpVersion }: Request): boolean =>
  httpVersion === '1.1' && /\b100-continue\b/i.test(headers.expect ?? '');

const watchSize = (request: Request, limitBytes: number, onTooLarge: () => void): void => {
  let bytes = 0;
  const count = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes <= limitBytes) return;
    request.off('data', count);
    onTooLarge();
  };
  request.on('data', count);
};

/**
 * Sends the whole answer while the body still arrives, and ends the connection when that has come or pauses: to end it at
 * once would reset it, and a caller that sends all before it reads would never see the answer.
 */
const answerEarly = (request: Request, response: ApiResponse, unrevised: ErrorAnswer): void => {
  const answer = reviseRequestError(response, unrevised);
  const body = toErrorBody(answer);
  response.locals.code = answer.code;
  response
    .status(answer.status)
    .type('json')
    .set({ Connection: 'close', 'Content-Length': `${Buffer.byteLength(body)}` });
  response.write(body);
  const end = (): void => void response.end();
  const pause = setTimeout(end, lingerMs).unref();
  response.once('close', () => clearTimeout(pause));
  request.on('data', () => pause.refresh()).once('end', end);
};
