import type { RequestHandler } from 'express';
import { type ApiResponse, sendRequestError } from './api-response.ts';
import { unknownPath } from './thrown-answers.ts';

/** What clients behind a proxy send in place of a path (RFC 9112, absolute form). */
const authority = /^https?:\/\/[^/?#]*/i;

/** Brings the request target into the form the routes know. Must come before anything that looks at the path. */
export const readRequestTarget: RequestHandler = (request, _response, next) => {
  if (authority.test(request.url)) request.url = request.url.replace(authority, '') || '/';
  next();
};

/** A path with a slash at its end is another path, and the validator would let it pass. */
export const refuseTrailingSlash: RequestHandler = (request, response: ApiResponse, next) => {
  if (request.path !== '/' && request.path.endsWith('/')) sendRequestError(response, unknownPath);
  else next();
};
