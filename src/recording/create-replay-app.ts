import express, { type Express } from 'express';
import { type AccessKey, requireAccessKey } from '../http/access-key.ts';
import {
  type ApiResponse,
  type ErrorAnswer,
  errorAnswer,
  type MatchedRequest,
  sendData,
  sendError,
} from '../http/answers.ts';
import { handleErrors } from '../http/error-handler.ts';
import { serveHealth } from '../http/health.ts';
import { parseJsonBody } from '../http/request-body.ts';
import { logRequests } from '../http/request-log.ts';
import { validateApi } from '../http/validate.ts';
import type { ApiDescription, JsonObject } from '../openapi/load.ts';
import type { Logger } from '../shared/logger.ts';
import { version } from '../shared/package.ts';
import type { Replay } from './replay.ts';

export type ReplayAppOptions = {
  readonly replay: Replay;
  readonly apiDescription: ApiDescription;
  /** None admits every caller: a recording holds no key. */
  readonly accessKeys: readonly AccessKey[];
  readonly logger: Logger;
  /** Gets each request that the recording does not have. */
  readonly onUnexpected: (reason: string) => void;
};

/** The Scheduler API as a recording answers it. Bad requests are refused by the description, as when it was made. */
export const createReplayApp = (options: ReplayAppOptions): Express => {
  const { replay, apiDescription, accessKeys, logger, onUnexpected } = options;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.use(
    logRequests(logger, {
      now: () => Date.now(),
      record: ({ method, code }) => {
        if (code === '404.uri') onUnexpected(`a ${method} to a path that the Scheduler API does not have`);
      },
    }),
  );
  app.use(serveHealth(alwaysReady, { version, session: 'replay', startedAt: Date.now() }));
  if (accessKeys.length > 0) app.use(requireAccessKey(accessKeys, {}));
  app.use(...parseJsonBody(2 ** 20));
  app.use(validateApi(apiDescription));
  app.use(({ openapi, body }: MatchedRequest, response: ApiResponse) => {
    const answered = replay.answer({
      // The validator lets no request pass that the description does not have.
      operation: openapi?.schema.operationId ?? '',
      containerId: openapi?.pathParams.containerId ?? '',
      body: body ?? null,
    });
    if (!answered.expected) {
      onUnexpected(answered.reason);
      sendError(response, notRecorded(answered.reason));
    } else if (answered.status === 200) sendData(response, answered.response['data']);
    else
      sendError(response, {
        ...(answered.response['error'] as JsonObject & ErrorAnswer),
        status: answered.status as ErrorAnswer['status'],
      });
  });
  app.use(handleErrors(logger));
  return app;
};

/** There is nothing to be made, and no function that runs. */
const alwaysReady = { readiness: () => ({ ready: true, reason: null, functions: [] }) };

const notRecorded = (reason: string): ErrorAnswer =>
  errorAnswer('503.not-enabled', 'Not recorded', {
    detail: `This is a replay, and ${reason}. Record again, or send the recorded requests in their order.`,
  });
