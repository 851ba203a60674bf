import { type RequestHandler, Router } from 'express';

/**
 * Handlers that are made when the first request comes to them: for what takes longer to make than all the rest of a start
 * and is not needed for it. Made at once and not by and by, because a caller that has closed its half of the connection
 * gets only answers that come without waiting.
 */
export const onFirstUse = (make: () => readonly RequestHandler[]): RequestHandler => {
  let made: RequestHandler | undefined;
  return (request, response, next) => {
    made ??= Router().use(...make());
    made(request, response, next);
  };
};
