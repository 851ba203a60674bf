import type { RequestHandler } from 'express';
import type { ApiDescription } from '../openapi/load.ts';
import { compileChecks } from './compiled-checks.ts';
import { descriptionFormats } from './description-formats.ts';
import type { MatchedRequest } from './matched-request.ts';
import { onFirstUse } from './on-first-use.ts';
import { loadValidator } from './validator.ts';

/**
 * Holds requests to the description, and our answers too: an answer that breaks it is our bug, and becomes a logged 500
 * instead of a surprise in somebody's client. Expects `content-type` in one spelling (see request-body.ts).
 *
 * The ordinary request pays for one compiled check, and so does its answer. Whatever does not pass goes to the validator,
 * which looks at it anew and has the last word: it finds what is wrong, and says it.
 */
export const validateApi = (description: ApiDescription): RequestHandler => {
  const validator = onFirstUse(() => validateByMiddleware(description));
  const findSound = compileChecks(description);
  return (request: MatchedRequest, response, next) => {
    const sound = findSound(request);
    if (sound === null) {
      validator(request, response, next);
      return;
    }
    request.openapi = sound;
    const send = response.json;
    response.json = (body) => {
      response.json = send;
      if (!response.headersSent && sound.answers.get(response.statusCode)?.(body)) return response.json(body);
      validator(request, response, (failure) => (failure === undefined ? response.json(body) : next(failure)));
      return response;
    };
    next();
  };
};

type Options = Parameters<ReturnType<typeof loadValidator>['middleware']>[0];

/** The same by the validator alone, which takes several times as long. */
export const validateByMiddleware = (description: ApiDescription): RequestHandler[] =>
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
    formats: { ...descriptionFormats },
  }) as RequestHandler[];
