import type { RequestHandler } from 'express';
import { isAboutEmulator } from '../http/request-target.ts';
import { lazily } from '../shared/async.ts';
import type { Logger } from '../shared/logger.ts';
import { readControlDescription } from './control-description.ts';
import { createControlOperations } from './control-operations.ts';
import type { Controlled } from './controlled.ts';

/**
 * The control API, behind the check of the access key: everything under `/_emulator/` is answered here, and all else
 * passes by.
 */
export const createControl = (controlled: Controlled, logger: Logger): RequestHandler => {
  const serve = lazily(() => createControlOperations(controlled, readControlDescription(), logger));
  return (request, response, next) => {
    if (isAboutEmulator(request.path)) serve()(request, response, next);
    else next();
  };
};
