import { isIP } from 'node:net';
import { type RequestHandler, Router } from 'express';
import type { ApiDescription } from '../openapi/load.ts';
import { objectIdPattern } from '../shared/ids.ts';
import { loadValidator } from './validator.ts';

/**
 * Checks requests against the description, and our answers too: an answer that breaks it is our bug, and becomes a logged
 * 500 instead of a surprise in a client. Expects `content-type` in one spelling (see request-body.ts).
 */
export const validateApi =
  (description: ApiDescription): RequestHandler =>
  (request, response, next) => {
    // Made with the first request, because a start would wait for it; and at once, because a caller that has closed its
    // half of the connection gets only answers that come without waiting.
    const validator = validators.get(description) ?? Router().use(...validatorOf(description));
    validators.set(description, validator);
    validator(request, response, next);
  };

/** To make one takes a tenth of a second, and it keeps nothing of a request: all apps of a description share it. */
const validators = new WeakMap<ApiDescription, RequestHandler>();

type Options = Parameters<ReturnType<typeof loadValidator>['middleware']>[0];

/** The middleware of express-openapi-validator for a description. */
export const validatorOf = (description: ApiDescription): RequestHandler[] =>
  loadValidator().middleware({
    // A copy, because the validator rewrites what it is given. Its own type asks for fields that OpenAPI does not.
    apiSpec: structuredClone(description) as unknown as Options['apiSpec'],
    // loadApiDescription has done that.
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
