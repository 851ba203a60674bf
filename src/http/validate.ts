import { isIP } from 'node:net';
import { type ErrorRequestHandler, type RequestHandler, Router } from 'express';
import type { ApiDescription } from '../openapi/load.ts';
import { objectIdPattern } from '../shared/ids.ts';
import type { Logger } from '../shared/logger.ts';
import { requireDependency } from '../shared/package.ts';
import { type ApiResponse, type ErrorAnswer, errorAnswer, sendRequestError } from './answers.ts';

/**
 * express-openapi-validator, loaded when it is first needed: with all it brings along, that takes as long as loading the
 * rest of the emulator.
 */
const loadValidator = (): typeof import('express-openapi-validator') => requireDependency('express-openapi-validator');

/**
 * Checks requests against the description, and our answers too: an answer that breaks it is our bug, and becomes a logged
 * 500 instead of a surprise in a client. Expects `content-type` in one spelling (see request-body.ts).
 */
export const validateApi =
  (readDescription: () => ApiDescription): RequestHandler =>
  (request, response, next) => {
    const description = readDescription();
    // Made with the first request, because a start would wait for it; and at once, because a caller that has closed its
    // half of the connection gets only answers that come without waiting.
    const validator = validators.get(description) ?? Router().use(...validatorOf(description));
    validators.set(description, validator);
    validator(request, response, next);
  };

/** To make one takes a tenth of a second, and it keeps nothing of a request: all apps of a description share it. */
const validators = new WeakMap<ApiDescription, RequestHandler>();

/** The middleware of express-openapi-validator for a description. */
export const validatorOf = (description: ApiDescription): RequestHandler[] =>
  loadValidator().middleware({
    // A copy, because the validator rewrites what it is given.
    apiSpec: JSON.parse(JSON.stringify(description)),
    // A test has done that.
    validateApiSpec: false,
    // No coercion and no removal: they turn null into "" and empty `environment_variables`.
    // PARITY: unknown query parameters and body fields pass; a newer client must not fail here.
    validateRequests: { allowUnknownQueryParameters: true, coerceTypes: false, removeAdditional: false },
    validateResponses: { coerceTypes: false, removeAdditional: false },
    // The access key has been checked before the request came here.
    validateSecurity: false,
    fileUploader: false,
    formats: { objectid: objectIdPattern, 'ip-address': (text: string): boolean => isIP(text) !== 0, cidr: true },
  }) as RequestHandler[];

type Complaint = { readonly path: string; readonly message: string; readonly errorCode?: string };

/** What the description wants of the token of a spawn and a release, and not of that of a claim (documented). */
export const leastTokenLength = 5;

/** The description lets claims have any token (documented), and so one that the other operations must refuse. */
const shortToken = `The API grants a claim with it, and neither spawns nor releases it. Claim again with a token of at least ${leastTokenLength} characters.`;

/** What the validator found wrong with a field; its messages name rules and never values. */
const fieldAnswer = ({ path, message, errorCode }: Complaint): ErrorAnswer => {
  // An empty pointer means the whole body, which needs no pointing at.
  const source = path.replace(/^\/body/, '');
  const more = source === '' ? {} : { source };
  const what = source === '' ? 'The body' : `Field ${source}`;
  const advice = source === '/token' && errorCode === 'minLength.openapi.validation' ? ` ${shortToken}` : '';
  return errorCode === 'required.openapi.validation'
    ? errorAnswer('422.missing-argument', 'Missing argument', { ...more, detail: `${what} is missing. Send it.` })
    : errorAnswer('422.invalid-argument', 'Invalid argument', { ...more, detail: `${what} ${message}.${advice}` });
};

const unknownUri = (detail: string): ErrorAnswer => errorAnswer('404.uri', 'Unknown path', { detail });

/** The answer to a request for an unknown operation. */
export const unknownPath = unknownUri(
  'The scheduler serves POST claim, spawn and release, and GET active, under /v1/functions/{containerId}/. Check path and spelling.',
);

/** The answer where the emulator's own paths are asked for, and are not served. */
export const noControlHere = unknownUri(
  'No control API is served here. It has a port of its own (start --control-port), or is turned off (--no-control).',
);

/** PARITY: 405 is not among the public statuses, so another method is another unknown path. */
export const wrongMethod = unknownUri('The path exists, but not for this method. Use the one in the header Allow.');

/** What the validator says without a code is about the URL: it could not decode it. */
const undecodableUrl = errorAnswer('400.invalid-syntax', 'Invalid syntax', {
  detail: 'The URL has a percent sign that encodes nothing. Encode it as %25.',
});

/** For everything the caller cannot help; the log says what it was. */
const internalError = errorAnswer('500.unknown', 'Internal error', {
  detail: 'The scheduler failed unexpectedly. Its log has the reason.',
});

/** Whether the validator threw it because no path of its description fits. */
export const isUnknownPath = (thrown: unknown): boolean => thrown instanceof loadValidator().error.NotFound;

/** The answer to what the validator threw because of the request; null for anything else, which is a failure of ours. */
const toThrownAnswer = (thrown: unknown): ErrorAnswer | null => {
  const { error: validation } = loadValidator();
  if (isUnknownPath(thrown)) return unknownPath;
  if (thrown instanceof validation.MethodNotAllowed) return wrongMethod;
  if (!(thrown instanceof validation.BadRequest)) return null;
  const [complaint] = thrown.errors;
  return complaint?.errorCode === undefined ? undecodableUrl : fieldAnswer(complaint);
};

/** The last middleware: answers all errors before it. A failure of our own is logged with its stack. */
export const handleErrors =
  (logger: Logger): ErrorRequestHandler =>
  // Express knows an error handler by its four parameters.
  (thrown: unknown, _request, response: ApiResponse, _next) => {
    const answer = toThrownAnswer(thrown);
    if (answer === null) logger.error({ err: thrown }, 'request failed');
    const { Allow } = (thrown as { readonly headers?: { readonly Allow?: string } } | null)?.headers ?? {};
    if (Allow !== undefined && !response.headersSent) response.set({ Allow });
    sendRequestError(response, answer ?? internalError);
  };
