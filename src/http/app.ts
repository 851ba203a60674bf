import express, { type Express, type RequestHandler } from 'express';
import type { SchedulerService } from '../engine/service.ts';
import { readSchedulerApi } from '../openapi/load.ts';
import type { Logger } from '../shared/logger.ts';
import type { AccessKey } from '../shared/types.ts';
import { requireAccessKey } from './access-key.ts';
import { type ApiResponse, type Imitation, notReadyAnswer, sendError, sendRequestError } from './answers.ts';
import { parseJsonBody } from './request-body.ts';
import { logRequests, type RequestObserver } from './request-log.ts';
import { refuseOtherPaths, serveFunctions } from './scheduler-api.ts';
import { handleErrors, unknownPath, validateApi, wrongMethod } from './validate.ts';

/** Who this emulator is. A test that started one compares the session, and so never talks to a forgotten other. */
export type HealthInfo = {
  readonly version: string;
  readonly session: string;
  /** By the machine's clock, in milliseconds, beside any clock of the scheduler. */
  readonly startedAt: number;
};

export const livePath = '/_emulator/health/live';
export const readyPath = '/_emulator/health/ready';

export type AppOptions = {
  readonly service: SchedulerService;
  readonly accessKeys: readonly AccessKey[];
  readonly health: HealthInfo;
  readonly logger: Logger;
  /** Where a recorded scheduler answers errors otherwise than we do. */
  readonly imitation?: Imitation | undefined;
  /** See every request that is in order just before it is served; the place of injected faults. */
  readonly beforeServing?: readonly RequestHandler[];
  /** Serves what needs no key, and lets the rest pass. */
  readonly page?: RequestHandler | undefined;
  /** Serves what else those with a key may ask for, and lets the API's requests pass. */
  readonly besideApi?: RequestHandler;
  readonly requestObserver?: RequestObserver;
};

/** Of a request (our choice). */
const largestBodyBytes = 2 ** 20;

/** Without what Express adds to answers. PARITY: whether the platform minds case and trailing slashes is unknown; here only the documented paths exist. */
export const createExpress = (): Express =>
  express().disable('x-powered-by').disable('etag').enable('case sensitive routing').enable('strict routing');

/** The Scheduler API over a service, without a port. The order of the lines is the way of a request. */
export const createApp = (options: AppOptions): Express => {
  const { service, logger } = options;
  const app = createExpress();
  // The API has no query parameters: none is read, so none can be malformed.
  app.set('query parser', false);
  Object.assign(app.locals, options.imitation);
  app.use(logRequests(logger, options.requestObserver));
  serveHealth(app, service, options.health);
  if (options.page !== undefined) app.use(options.page);
  app.use(requireAccessKey(options.accessKeys));
  if (options.besideApi !== undefined) app.use(options.besideApi);
  app.use(refuseOtherPaths);
  app.use(...parseJsonBody(largestBodyBytes));
  app.use(validateApi(readSchedulerApi));
  app.use(...(options.beforeServing ?? []), serveFunctions(service, logger));
  app.use((_request, response: ApiResponse) => sendRequestError(response, unknownPath));
  app.use(handleErrors(logger));
  return app;
};

const refuseMethod: RequestHandler = (_request, response: ApiResponse) =>
  sendError(response.set('Allow', 'GET, HEAD'), wrongMethod);

/**
 * Two endpoints beside the API, open to all: `live` says that the process answers and which one it is, `ready` says
 * that claims would be served. Their bodies are `{data}` and the error envelope, like everything here.
 */
export const serveHealth = (app: Express, service: Pick<SchedulerService, 'readiness'>, info: HealthInfo): void => {
  app
    .route(livePath)
    .get((_request, response: ApiResponse) => {
      response.locals.operation = 'live';
      const started = new Date(info.startedAt).toISOString();
      response.json({ data: { session: info.session, pid: process.pid, started_at: started } });
    })
    .all(refuseMethod);
  app
    .route(readyPath)
    .get((_request, response: ApiResponse) => {
      response.locals.operation = 'ready';
      const { ready, reason, functions } = service.readiness();
      if (!ready) return sendError(response, notReadyAnswer(reason ?? 'its instances are being made'));
      response.json({
        data: {
          version: info.version,
          session: info.session,
          uptime_seconds: Math.floor((Date.now() - info.startedAt) / 1000),
          functions: functions.map(({ containerId, ...counts }) => ({ container_id: containerId, ...counts })),
        },
      });
    })
    .all(refuseMethod);
};
