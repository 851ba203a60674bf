import type { IncomingMessage } from 'node:http';
import express, { type Request, type RequestHandler } from 'express';
import { type ApiResponse, sendRequestError } from './api-response.ts';
import { admitBody } from './body-admission.ts';
import { answerBodyErrors, notUtf8, toSyntaxAnswer, unsupportedContent } from './body-errors.ts';
import { inOrder } from './in-order.ts';

const json = 'application/json';

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const charsetOf = (contentType: string): string =>
  /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType)?.[1]?.toLowerCase() ?? 'utf-8';

const isJson = (request: Request): boolean => {
  const contentType = request.headers['content-type'] ?? '';
  return contentType === json || (request.is(json) !== false && charsetOf(contentType) === 'utf-8');
};

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

/** Reads the bytes of a body into `request.body`; undefined where there is none. */
const readBytes = (limitBytes: number): RequestHandler => {
  const readAny = express.raw({ limit: limitBytes, type: () => true });
  return (request, response, next) => {
    if (request.method !== 'POST' || !hasBody(request)) next();
    else if (isOrdinary(request, limitBytes)) readOrdinary(request, next);
    else
      readAny(request, response, (error?: unknown) => {
        if (error === undefined) next();
        else answerBodyErrors(error, request, response, next);
      });
  };
};

/** Plain bytes, of which it is known how many they are. */
const isOrdinary = ({ headers }: Request, limitBytes: number): boolean =>
  Number(headers['content-length']) <= limitBytes &&
  headers['content-encoding'] === undefined &&
  headers['transfer-encoding'] === undefined;

/** As Express' reader does with such a body, but without what others need: that is an eighth of the time of a claim. */
const readOrdinary = (request: Request, next: () => void): void => {
  const chunks: Buffer[] = [];
  const add = (chunk: Buffer): void => void chunks.push(chunk);
  request.on('data', add);
  // A caller that leaves before is nobody to answer to.
  request.once('end', () => {
    // With a listener left on it a request stays for several rounds of the garbage collector.
    request.off('data', add);
    request.body = Buffer.concat(chunks);
    next();
  });
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

/** Reads a JSON body of up to `limitBytes` into `request.body`; undefined where there is none. */
export const parseJsonBody = (limitBytes: number): RequestHandler =>
  inOrder([settleContentType, admitBody(limitBytes), readBytes(limitBytes), parse]);
