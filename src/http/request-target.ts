import type { RequestHandler } from 'express';
import { type ApiResponse, sendError, sendRequestError } from './answers.ts';
import { noControlHere, unknownPath } from './validate.ts';

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

/** Whether a URL is none of the Scheduler API's, but one of what stands beside it. */
export const isAboutEmulator = (url: string): boolean => /^\/_emulator(?:[/?]|$)/.test(url);

/** Comes where everything about the emulator has been served, if it is served at all. */
export const refuseAboutEmulator: RequestHandler = (request, response: ApiResponse, next) => {
  if (isAboutEmulator(request.path)) sendError(response, noControlHere);
  else next();
};

/** A path with a slash at its end is another path, and the validator would let it pass. */
export const refuseTrailingSlash: RequestHandler = (request, response: ApiResponse, next) => {
  if (request.path !== '/' && request.path.endsWith('/')) sendRequestError(response, unknownPath);
  else next();
};
