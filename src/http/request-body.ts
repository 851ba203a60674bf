import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import express, { type ErrorRequestHandler, type Request, type RequestHandler } from 'express';
import {
  type ApiResponse,
  type ErrorAnswer,
  errorAnswer,
  reviseRequestError,
  sendRequestError,
  toErrorBody,
} from './answers.ts';

/** What the body reader throws; broken compression comes without a `type`. */
type BodyError = Error & { readonly type?: string; readonly status?: number; readonly limit?: number };

const invalidSyntax = (detail: string): ErrorAnswer => errorAnswer('400.invalid-syntax', 'Invalid syntax', { detail });

const unsupportedContent = (detail: string): ErrorAnswer =>
  errorAnswer('415.invalid-content-type', 'Unsupported content type', { detail });

/** JSON.parse quotes the text it stumbled over, and that may hold a token; its numbers do not. */
const placeOf = (error: Error): string => {
  const place = /line (\d+) column (\d+)/.exec(error.message);
  return place ? ` The parser stopped at line ${place[1]}, column ${place[2]}.` : '';
};

const bodyTooLarge = (limitBytes: number): ErrorAnswer =>
  errorAnswer('422.max-exceeded', 'Body too large', {
    detail: `The body is larger than ${limitBytes} bytes. Pass large inputs by other means than variables.`,
  });

/** By the type of what the body reader throws. */
const bodyAnswers: { readonly [type: string]: (error: BodyError) => ErrorAnswer } = {
  'entity.too.large': ({ limit = 0 }) => bodyTooLarge(limit),
  'encoding.unsupported': () =>
    unsupportedContent('The Content-Encoding is not supported. Send the body plain, or as gzip, deflate or br.'),
  'not-utf8': () => invalidSyntax('The body is not UTF-8. Encode it as UTF-8.'),
  'entity.parse.failed': (error) =>
    invalidSyntax(`The body is not well-formed JSON.${placeOf(error)} Send one complete JSON object.`),
};

const unreadable = invalidSyntax('The body could not be read. Send it complete, and as its headers announce it.');

/**
 * Answers what the body reader in front of it throws. It stands there and not at the end, because further on an error
 * with a status of 4xx would be a failure of our own.
 */
const answerBodyErrors: ErrorRequestHandler = (error: BodyError, _request, response: ApiResponse, next) => {
  // Refused while it was arriving: the reader notices that, too, and later.
  if (response.headersSent) return;
  if (error.type === 'empty') return next();
  if (error.status !== undefined && error.status >= 400 && error.status < 500)
    sendRequestError(response, bodyAnswers[error.type ?? '']?.(error) ?? unreadable);
  else next(error);
};

const notJson = unsupportedContent('The body is not JSON in UTF-8. Send it as "Content-Type: application/json".');

/**
 * Refuses bodies that are not declared as JSON, and those of more than `limitBytes` as soon as that is known: by their
 * `Content-Length` before anything is read. Gives leave for any other to callers that wait for it (`Expect: 100-continue`).
 * Body readers behind it answer only once all has arrived.
 */
const admitBody =
  (limitBytes: number): RequestHandler =>
  (request, response: ApiResponse, next) => {
    const { headers, method } = request;
    if (method !== 'POST') {
      // Other methods have no body to read in this API; what they send anyway is ignored.
      delete headers['content-type'];
      return next();
    }
    if (hasBody(request) && !isJson(request)) return sendRequestError(response, notJson);
    // What it stands for in place of what it is: the validator behind this keeps a compiled copy of itself for every
    // spelling it meets, so that a caller could fill the memory with `application/json; x=1`, `; x=2` …
    headers['content-type'] = json;
    const refuse = (): void => answerEarly(request, response, bodyTooLarge(limitBytes));
    if (Number(headers['content-length'] ?? 0) > limitBytes) return refuse();
    if (headers['transfer-encoding'] !== undefined) watchSize(request, limitBytes, refuse);
    welcomeBody(request, response);
    next();
  };

/** Gives leave for the body to a caller that waits for it. One of HTTP/1.0 does not, and does not know that answer. */
export const welcomeBody = ({ headers, httpVersion }: IncomingMessage, response: ServerResponse): void => {
  if (httpVersion === '1.1' && /\b100-continue\b/i.test(headers.expect ?? '')) response.writeContinue();
};

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

/** Sends the whole answer while the body still arrives. */
const answerEarly = (request: Request, response: ApiResponse, unrevised: ErrorAnswer): void => {
  const answer = reviseRequestError(response, unrevised);
  const body = toErrorBody(answer);
  Object.assign(response.locals, { code: answer.code, answered: body });
  response
    .status(answer.status)
    .type('json')
    .set({ Connection: 'close', 'Content-Length': `${Buffer.byteLength(body)}` });
  response.write(body);
  endOnceRead(request, response);
};

/** How long a caller whose request is not read to its end may take to read the answer, in milliseconds. */
const lingerMs = 1_000;

/** How long one whose answer came first may go on to send its body. */
const longestRestMs = 30_000;

/**
 * Ends an answer that came before the body when that has come, or the connection when the body pauses or goes on for too
 * long: to end it at once would reset it, and a caller that sends all before it reads would never see the answer.
 */
export const endOnceRead = (request: IncomingMessage, response: ServerResponse): void => {
  const giveUpAt = performance.now() + longestRestMs;
  const end = (): void => {
    response.end();
    if (!request.complete) endSoon(request.socket);
  };
  const pause = setTimeout(end, lingerMs).unref();
  request
    .on('data', () => {
      if (performance.now() < giveUpAt) pause.refresh();
    })
    .once('end', end)
    .once('close', () => clearTimeout(pause));
};

/** Ends a connection, and lets the caller read what it was sent. */
export const endSoon = (socket: Duplex, lastWords = ''): void => {
  // After CONNECT no other listener is there, and a reset by the caller would end the process.
  socket.on('error', () => socket.destroy());
  if (socket.writable) socket.end(lastWords);
  // Bytes left unread would turn the close into a reset, and the caller might never see the answer.
  socket.resume();
  setTimeout(() => socket.destroy(), lingerMs).unref();
};

const json = 'application/json';

export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const isJson = (request: Request): boolean => {
  const { 'content-type': type = '' } = request.headers;
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(type)?.[1] ?? 'utf-8';
  return type === json || (request.is(json) !== false && charset.toLowerCase() === 'utf-8');
};

/** RFC 8259 allows nothing but UTF-8; and no bytes are no body, though `express.json` would read them as `{}`. */
const checkBytes = (_request: IncomingMessage, response: ServerResponse, bytes: Buffer): void => {
  (response as ApiResponse).locals.asked = bytes;
  if (bytes.length === 0) throw Object.assign(new Error('no body'), { type: 'empty' });
  if (!isUtf8(bytes)) throw Object.assign(new Error('not UTF-8'), { type: 'not-utf8' });
};

/**
 * Read a JSON body of up to `limitBytes` into `request.body`; undefined where there is none. No router, which would take a turn of
 * the event loop: see validate.ts.
 */
export const parseJsonBody = (limitBytes: number): readonly (RequestHandler | ErrorRequestHandler)[] => [
  admitBody(limitBytes),
  express.json({
    limit: limitBytes,
    // `"text"` and `7` are well-formed JSON; that they are no objects is for the validator to say.
    strict: false,
    // Bodies of other methods are ignored, and one of no bytes cannot be unpacked.
    type: (request) => request.method === 'POST' && hasBody(request),
    verify: checkBytes,
  }),
  answerBodyErrors,
];
