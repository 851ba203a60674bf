import type { RequestHandler } from 'express';
import { type ApiResponse, sendRequestError } from './api-response.ts';
import { unknownPath } from './thrown-answers.ts';

/** What clients behind a proxy send in front of a path (RFC 9112, absolute form); without a host it is invalid (RFC 9110). */
const origin = /^https?:\/\/[^/?#]+/i;

/**
 * The request target in the one form that routes know (RFC 9112, origin form). A server applies it before its app sees the
 * request: Express and the validator both keep the URL that they meet first. A target that has no path gets one that does
 * not exist: Express passes over all handlers, the access key's among them, where it finds no path.
 */
export const toOriginForm = (target: string): string => {
  if (target.startsWith('/')) return target;
  const path = target.replace(origin, '');
  return path.startsWith('/') ? path : `/${path}`;
};

/** A path with a slash at its end is another path, and the validator would let it pass. */
export const refuseTrailingSlash: RequestHandler = (request, response: ApiResponse, next) => {
  if (request.path !== '/' && request.path.endsWith('/')) sendRequestError(response, unknownPath);
  else next();
};
