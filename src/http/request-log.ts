import type { Request, RequestHandler } from 'express';
import type { components } from '../openapi/control-types.ts';
import { isObjectId } from '../shared/ids.ts';
import type { Logger } from '../shared/logger.ts';
import type { ApiResponse, MatchedRequest } from './answers.ts';

/** IDs as they are; anything else a caller may have put in their place (a token, a novel) stays out of the log. */
const idOrNull = (text: string | undefined): string | null => (text !== undefined && isObjectId(text) ? text : null);

/** A request that is over. */
export type RequestRecord = Pick<
  components['schemas']['LoggedRequest'],
  'method' | 'operation' | 'container' | 'instance' | 'status' | 'code' | 'fault'
> & {
  /** Real milliseconds. */
  readonly durationMs: number;
};

/** Monitors and pages ask every second: only an answer that something is wrong is worth a line. */
const isAllWell = (request: Request, { operation, status }: Pick<RequestRecord, 'operation' | 'status'>): boolean => {
  if (status !== null && status !== 200) return false;
  if (operation === 'live' || operation === 'ready' || operation === 'page') return status === 200;
  return (
    request.method === 'GET' && request.headers['x-cycle-page'] !== undefined && isAboutEmulator(request.originalUrl)
  );
};

/** Gets every request as it arrives, but for those about the emulator itself; what it answers is called when it is over. */
export type RequestObserver = (request: Request, response: ApiResponse) => (record: RequestRecord) => void;

/** Writes one line when a request is over, answered or abandoned. Keys, tokens, bodies and URLs stay out of it. */
export const logRequests =
  (logger: Logger, observer?: RequestObserver): RequestHandler =>
  (request: MatchedRequest, response: ApiResponse, next) => {
    const startedAt = performance.now();
    const end = isAboutEmulator(request.originalUrl) ? undefined : observer?.(request, response);
    response.once('close', () => {
      const record = toRecord(request, response, performance.now() - startedAt);
      if (isAllWell(request, record)) return;
      logger.info(record, toMessage(response));
      if (record.operation !== 'page') end?.(record);
    });
    next();
  };

const toMessage = ({ writableFinished, locals }: ApiResponse): string => {
  if (writableFinished) return 'request';
  return locals.fault ? 'request not answered because of a fault' : 'request abandoned by its caller';
};

const toRecord = (request: MatchedRequest, response: ApiResponse, durationMs: number): RequestRecord => ({
  method: request.method,
  operation: request.openapi?.schema.operationId ?? response.locals.operation ?? null,
  container: idOrNull(request.openapi?.pathParams.containerId),
  instance: idOrNull(response.locals.instanceId),
  status: response.writableFinished ? response.statusCode : null,
  code: response.locals.code ?? null,
  durationMs: Math.round(durationMs * 10) / 10,
  ...(response.locals.fault === undefined ? {} : { fault: response.locals.fault }),
});

/** Whether a URL is none of the Scheduler API's, but one of what stands beside it. */
export const isAboutEmulator = (url: string): boolean => /^\/_emulator(?:[/?]|$)/.test(url);
