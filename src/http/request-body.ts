import type { IncomingMessage } from 'node:http';
import express, { type ErrorRequestHandler, type Request, type RequestHandler } from 'express';
import { type ApiResponse, sendRequestError } from './api-response.ts';
import { admitBody } from './body-admission.ts';
import { answerBodyErrors, notUtf8, toSyntaxAnswer, unsupportedContent } from './body-errors.ts';

const json = 'application/json';

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const charsetOf = (contentType: string): string =>
  /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType)?.[1]?.toLowerCase() ?? 'utf-8';

const isJson = (request: Request): boolean =>
  request.is(json) !== false && charsetOf(request.headers['content-type'] ?? '') === 'utf-8';

/**
 * Refuses bodies that are not declared as JSON, and sets the header `Content-Type` of all others to what it stands for:
 * the validator behind this keeps a compiled copy of itself for every spelling it meets, so that a caller could fill the
 * memory with `application/json; x=1`, `; x=2` …
 */
const settleContentType: RequestHandler = (request, response: ApiResponse, next) => {
  // Other methods have no body to read in this API; what they send anyway is ignored.
  if (request.method !== 'POST') delete request.headers['content-type'];
  else if (!hasBody(request) || isJson(request)) request.headers['content-type'] = json;
  else {
    sendRequestError(
      response,
      unsupportedContent('The body is not JSON in UTF-8. Send it as "Content-Type: application/json".'),
    );
    return;
  }
  next();
};

/** Makes JSON's value of the bytes in `request.body`; of none, as of no body at all, nothing. */
const parse: RequestHandler = (request, response: ApiResponse, next) => {
  const bytes: Buffer | undefined = request.body;
  request.body = undefined;
  if (bytes === undefined || bytes.length === 0) return next();
  const text = decode(bytes);
  if (text === null) return sendRequestError(response, notUtf8);
  try {
    // `"text"` and `7` are well-formed JSON; that they are no objects is for the validator to say.
    request.body = JSON.parse(text);
  } catch (error) {
    return sendRequestError(response, toSyntaxAnswer(error as SyntaxError));
  }
  next();
};

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Null where they are no UTF-8; RFC 8259 allows nothing else. */
const decode = (bytes: Buffer): string | null => {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
};

/**
 * Read a JSON body of up to `limitBytes` into `request.body`; undefined where there is none. Not by `express.json`, which
 * makes `{}` of an empty body, and puts U+FFFD in the place of what is no UTF-8. No router, which would take a turn of the
 * event loop: see api-validation.ts.
 */
export const parseJsonBody = (limitBytes: number): readonly (RequestHandler | ErrorRequestHandler)[] => [
  settleContentType,
  admitBody(limitBytes),
  // Bodies of other methods are ignored, and one of no bytes cannot be unpacked.
  express.raw({ limit: limitBytes, type: (request) => request.method === 'POST' && hasBody(request) }),
  answerBodyErrors,
  parse,
];
