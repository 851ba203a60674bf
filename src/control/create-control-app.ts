import express, { type Express, type RequestHandler } from 'express';
import type { SchedulerService } from '../engine/service.ts';
import { type AccessKey, requireAccessKey } from '../http/access-key.ts';
import { type ApiResponse, errorAnswer, sendError } from '../http/answers.ts';
import { type HealthInfo, serveHealth } from '../http/health.ts';
import { logRequests } from '../http/request-log.ts';
import type { Logger } from '../shared/logger.ts';

export type ControlAppOptions = {
  readonly control: RequestHandler;
  readonly service: Pick<SchedulerService, 'readiness'>;
  readonly accessKeys: readonly AccessKey[];
  readonly health: HealthInfo;
  readonly logger: Logger;
};

/** The control API by itself, for a port of its own: health, then the key, then the operations. */
export const createControlApp = ({ control, service, accessKeys, health, logger }: ControlAppOptions): Express => {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(logRequests(logger));
  app.use(serveHealth(service, health));
  app.use(requireAccessKey(accessKeys, {}));
  app.use(control);
  app.use((_request, response: ApiResponse) => sendError(response, notHere));
  return app;
};

const notHere = errorAnswer('404.uri', 'Unknown path', {
  detail: 'This port serves the control API alone. GET /_emulator/control-api.yaml describes its operations.',
});
