import type { Request, RequestHandler } from 'express';
import { isObjectId } from '../ids.ts';
import type { ApiResponse } from './api-response.ts';
import type { Logger } from './logger.ts';

/** What the validator notes on a request whose path it knows. */
type MatchedRequest = Request & {
  readonly openapi?: {
    readonly schema: { readonly operationId?: string };
    readonly pathParams: { readonly containerId?: string };
  };
};

/** IDs as they are; anything else a caller may have put in their place (a token, a novel) stays out of the log. */
const idOrNull = (text: string | undefined): string | null => (text !== undefined && isObjectId(text) ? text : null);

/**
 * Writes one line when a request is over, be it answered or abandoned. Keys, tokens, bodies and URLs stay out of it.
 * `code` is the error's code, null for a success; `status` is null when the caller left before the answer.
 */
export const logRequests =
  (logger: Logger): RequestHandler =>
  (request: MatchedRequest, response: ApiResponse, next) => {
    const startedAt = performance.now();
    response.once('close', () => {
      const answered = response.writableFinished;
      const { fault } = response.locals;
      logger.info(
        {
          method: request.method,
          operation: request.openapi?.schema.operationId ?? response.locals.operation ?? null,
          container: idOrNull(request.openapi?.pathParams.containerId),
          instance: idOrNull(response.locals.instanceId),
          status: answered ? response.statusCode : null,
          code: response.locals.code ?? null,
          ...(fault === undefined ? {} : { fault }),
          durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
        },
        answered ? 'request' : fault ? 'request not answered because of a fault' : 'request abandoned by its caller',
      );
    });
    next();
  };
