import type { RequestHandler } from 'express';

/**
 * Handlers as one, each called by the `next` of the one before. Express would match every one of them against the path
 * again, which for a dozen costs as much as serving a request does. Like Express, it passes on what a handler throws or
 * rejects with.
 */
export const inOrder =
  (handlers: readonly RequestHandler[]): RequestHandler =>
  (request, response, next) => {
    const call = (index: number): void => {
      const handler = handlers[index];
      if (handler === undefined) return next();
      const goOn = (failure?: unknown): void => (failure === undefined ? call(index + 1) : next(failure));
      try {
        const outcome: unknown = handler(request, response, goOn);
        if (outcome instanceof Promise) outcome.catch(next);
      } catch (error) {
        next(error);
      }
    };
    call(0);
  };
