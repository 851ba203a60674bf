import { type RequestHandler, Router } from 'express';
import type { SchedulerService } from '../engine/service.ts';
import { type ApiResponse, sendError } from './answers.ts';
import { notReadyAnswer } from './rejection-answers.ts';
import { wrongMethod } from './validate.ts';
import { toWireFunctions } from './wire-format.ts';

/** Who this emulator is. A test that started one compares the session, and so never talks to a forgotten other. */
export type HealthInfo = {
  readonly version: string;
  readonly session: string;
  /** By the machine's clock, in milliseconds, beside any clock of the scheduler. */
  readonly startedAt: number;
};

export const livePath = '/_emulator/health/live';
export const readyPath = '/_emulator/health/ready';

const refuse: RequestHandler = (_request, response: ApiResponse) => {
  response.set('Allow', 'GET, HEAD');
  sendError(response, wrongMethod);
};

/**
 * Two endpoints beside the API, open to all: `live` says that the process answers and which one it is, `ready` says
 * that claims would be served. Their bodies are `{data}` and the error envelope, like everything here.
 */
export const serveHealth = (service: Pick<SchedulerService, 'readiness'>, info: HealthInfo): RequestHandler => {
  const router = Router({ strict: true, caseSensitive: true });
  router
    .route(livePath)
    .get((_request, response: ApiResponse) => {
      response.locals.operation = 'live';
      const started = new Date(info.startedAt).toISOString();
      response.json({ data: { session: info.session, pid: process.pid, started_at: started } });
    })
    .all(refuse);
  router
    .route(readyPath)
    .get((_request, response: ApiResponse) => {
      response.locals.operation = 'ready';
      const { ready, reason, functions } = service.readiness();
      if (!ready) {
        sendError(response, notReadyAnswer(reason ?? 'its instances are being made'));
        return;
      }
      response.json({
        data: {
          version: info.version,
          session: info.session,
          uptime_seconds: Math.floor((Date.now() - info.startedAt) / 1000),
          functions: toWireFunctions(functions),
        },
      });
    })
    .all(refuse);
  return (request, response, next) => {
    if (request.path.startsWith('/_emulator/health/')) router(request, response, next);
    else next();
  };
};
