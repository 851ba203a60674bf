import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import express, { type Request, type RequestHandler } from 'express';
import { type ApiResponse, sendRequestError } from './api-response.ts';
import { answerBodyErrors, notUtf8, unsupportedContent } from './body-errors.ts';
import { inOrder } from './in-order.ts';

/** Thrown by the parser for bytes that are no UTF-8; RFC 8259 allows no other encoding. */
class NotUtf8Error extends Error {
  override readonly name = 'NotUtf8Error';
  readonly type = notUtf8;
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const charsetOf = (contentType: string): string =>
  /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType)?.[1]?.toLowerCase() ?? 'utf-8';

const isJson = (request: Request): boolean =>
  request.is('application/json') !== false && charsetOf(request.headers['content-type'] ?? '') === 'utf-8';

/**
 * Refuses bodies that are not declared as JSON, and sets the header `Content-Type` of all others to what it stands for:
 * the validator behind this keeps a compiled copy of itself for every spelling it meets, so that a caller could fill the
 * memory with `application/json; x=1`, `; x=2` …
 */
const settleContentType: RequestHandler = (request, response: ApiResponse, next) => {
  // Other methods have no body to read in this API; what they send anyway is ignored.
  if (request.method !== 'POST') delete request.headers['content-type'];
  else if (!hasBody(request) || isJson(request)) request.headers['content-type'] = 'application/json';
  else {
    sendRequestError(
      response,
      unsupportedContent('The body is not JSON in UTF-8. Send it as "Content-Type: application/json".'),
    );
    return;
  }
  next();
};

/** Reads a JSON body of up to `limitBytes` into `request.body`; undefined where there is none. */
export const parseJsonBody = (limitBytes: number): RequestHandler => {
  const parse = express.json({
    limit: limitBytes,
    // `"text"` and `7` are well-formed JSON; that they are no objects is for the validator to say.
    strict: false,
    type: (request) => request.method === 'POST' && hasBody(request),
    verify: (_request, _response, bytes) => {
      if (!isUtf8(bytes)) throw new NotUtf8Error('the body is not UTF-8');
    },
  });
  return inOrder([
    settleContentType,
    (request, response, next) =>
      parse(request, response, (error?: unknown) => {
        if (error === undefined) next();
        else answerBodyErrors(error, request, response, next);
      }),
  ]);
};
