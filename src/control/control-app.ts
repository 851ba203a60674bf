import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ErrorRequestHandler, Express, RequestHandler } from 'express';
import type { SchedulerService } from '../engine/service.ts';
import { requireAccessKey } from '../http/access-key.ts';
import { type ApiResponse, type ErrorAnswer, errorAnswer, sendData, sendError } from '../http/answers.ts';
import { createExpress, type HealthInfo, serveHealth } from '../http/app.ts';
import { parseJsonBody } from '../http/request-body.ts';
import { isAboutEmulator, logRequests } from '../http/request-log.ts';
import { handleErrors, isUnknownPath, validateApi } from '../http/validate.ts';
import type { operations } from '../openapi/control-types.ts';
import { type ApiDescription, readApiDescription } from '../openapi/load.ts';
import { lazily } from '../shared/async.ts';
import type { Logger } from '../shared/logger.ts';
import { packageRoot } from '../shared/package.ts';
import type { AccessKey } from '../shared/types.ts';
import { answerEvents, serveEvents } from './control-events.ts';
import { addFault, answerBadOptions, serveFaults } from './control-faults.ts';
import { serveLogs, unknownInstance } from './control-logs.ts';
import { serveRequests, showRequest } from './control-requests.ts';
import type { Controlled } from './control-target.ts';
import { toWireClock, toWireFunction, toWireInstanceDetails, toWireInvocation, toWireState } from './control-wire.ts';

type ClockAdvance = operations['advanceClock']['requestBody']['content']['application/json'];

/** Runs a function once and answers how that went, when it has ended. A caller that leaves before ends it. */
const serveInvoke =
  ({ invoke }: Pick<Controlled, 'invoke'>): RequestHandler<{ functionName: string }> =>
  async (request, response: ApiResponse) => {
    const left = new AbortController();
    response.once('close', () => left.abort());
    try {
      const outcome = await invoke(request.params.functionName, { ...request.body, signal: left.signal });
      if (outcome.ok) sendData(response, toWireInvocation(outcome.value));
      else sendError(response, outcome.answer);
    } catch (error) {
      // The answer would go nowhere.
      if (!left.signal.aborted) throw error;
    }
  };

type Scale = operations['scaleFunction']['requestBody']['content']['application/json'];

/** Gives a function's pool another first size, and answers the function. */
const serveScale =
  (controlled: Controlled): RequestHandler<{ functionName: string }> =>
  async ({ params: { functionName: wanted }, body }, response: ApiResponse) => {
    const { instances }: Scale = body;
    const refusal = await controlled.scale(wanted, instances);
    const spec = controlled.functions().find(({ name, id }) => name === wanted || id === wanted);
    if (refusal !== null) sendError(response, refusal);
    else if (spec !== undefined) sendData(response, toWireFunction(spec, controlled));
  };

/** Answers the recording piece by piece, no faster than it is read: as a whole it could be larger than the memory. */
const serveRecording =
  ({ recorder }: Pick<Controlled, 'recorder'>): RequestHandler =>
  async (_request, response) => {
    response.status(200).type('json');
    // A caller that leaves before the end is no failure; the line about the request says that it left.
    await pipeline(Readable.from(toText(recorder.recording())), response).catch(() => response.destroy());
  };

function* toText(recording: ReturnType<Controlled['recorder']['recording']>): Iterable<string> {
  const { version, complete, exchanges, linked } = recording;
  yield `{"data":{"version":${version},"complete":${complete},"exchanges":[`;
  yield* toItems(exchanges);
  yield '],"linked":[';
  yield* toItems(linked);
  yield ']}}';
}

function* toItems(items: Iterable<object>): Iterable<string> {
  let separator = '';
  for (const item of items) {
    yield separator + JSON.stringify(item);
    separator = ',';
  }
}

const descriptionPath = join(packageRoot, 'docs', 'control-api.yaml');

/** Read once for all emulators of the process, so that they share its validator. */
export const readControlApi = lazily(() => readApiDescription(descriptionPath));

const methods = ['get', 'post', 'put', 'patch', 'delete'];

const unknownOperation = ({ paths }: ApiDescription): ErrorAnswer => {
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    methods.filter((method) => method in item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  return errorAnswer('404.uri', 'Unknown path', {
    detail: `The control API has no such operation. It serves ${operations.join(', ')}.`,
  });
};

const endsWithProgram = errorAnswer('403.not-allowed', 'Not stopped', {
  detail: 'A program has started this emulator, and ends it. Stop that program.',
});

const largestBodyBytes = 65_536;

/** The operations of the control API: each of docs/control-api.yaml has its line, and nothing else is there. */
const createControlOperations = (controlled: Controlled, logger: Logger): Express => {
  const { clock } = controlled;
  const app = createExpress();

  const answerState = (response: ApiResponse) => sendData(response, toWireState(controlled));
  const answerClock = (response: ApiResponse) => sendData(response, toWireClock(clock));

  app.use(...parseJsonBody(largestBodyBytes));
  app.post('/_emulator/faults', addFault(controlled.faults));
  app.post('/_emulator/clock/advance', (request, _response, next) => {
    // The validator passes a request without a body where no field of it is required in any case.
    request.body ??= {};
    next();
  });
  app.use(validateApi(readControlApi));
  app.get('/_emulator/state', (_request, response: ApiResponse) => answerState(response));
  app.post('/_emulator/reset', async (_request, response: ApiResponse) => {
    await controlled.reset();
    answerState(response);
  });
  app.post('/_emulator/stop', (_request, response: ApiResponse) => {
    const { session, requestStop } = controlled;
    if (requestStop === null) return sendError(response, endsWithProgram);
    sendData(response, { session });
    response.once('finish', requestStop);
  });
  app.get('/_emulator/events', answerEvents(controlled), serveEvents(controlled));
  app.get('/_emulator/clock', (_request, response: ApiResponse) => answerClock(response));
  app.post('/_emulator/clock/freeze', (_request, response: ApiResponse) => {
    clock.freeze();
    answerClock(response);
  });
  app.post('/_emulator/clock/resume', (_request, response: ApiResponse) => {
    clock.resume();
    answerClock(response);
  });
  app.post('/_emulator/clock/advance', async (request, response: ApiResponse) => {
    const { ms }: ClockAdvance = request.body;
    if (ms === undefined) await clock.advanceToNextDeadline();
    else await clock.advance(ms);
    answerClock(response);
  });
  app.post('/_emulator/functions/:functionName/invoke', serveInvoke(controlled));
  app.post('/_emulator/functions/:functionName/scale', serveScale(controlled));
  app.use(serveFaults(controlled.faults));
  app.get('/_emulator/instances/:instanceId', (request, response: ApiResponse) => {
    const { instanceId } = request.params;
    response.locals.instanceId = instanceId;
    const details = toWireInstanceDetails(controlled, instanceId);
    if (details === null) sendError(response, unknownInstance(instanceId));
    else sendData(response, details);
  });
  app.get('/_emulator/instances/:instanceId/logs', serveLogs(controlled));
  app.get('/_emulator/requests', serveRequests(controlled));
  app.get('/_emulator/requests/:requestId', showRequest(controlled));
  app.get('/_emulator/recording', serveRecording(controlled));
  app.delete('/_emulator/recording', (request, response, next) => {
    controlled.recorder.clear();
    return serveRecording(controlled)(request, response, next);
  });
  app.get('/_emulator/control-api.yaml', (_request, response) => {
    response.type('application/yaml').send(readFileSync(descriptionPath));
  });
  app.get('/_emulator/control-api.json', (_request, response) => {
    response.json(readControlApi());
  });
  const refuse = (response: ApiResponse): void => sendError(response, unknownOperation(readControlApi()));
  app.use((_request, response: ApiResponse) => refuse(response));
  // The same where it was the check against the description that does not know the path.
  app.use(((error, _request, response: ApiResponse, next) => {
    if (isUnknownPath(error)) refuse(response);
    else next(error);
  }) satisfies ErrorRequestHandler);
  app.use(answerBadOptions);
  app.use(handleErrors(logger));
  return app;
};

type ControlAppOptions = {
  readonly control: RequestHandler;
  readonly service: Pick<SchedulerService, 'readiness'>;
  readonly accessKeys: readonly AccessKey[];
  readonly health: HealthInfo;
  readonly logger: Logger;
  /** Serves what needs no key, and lets the rest pass. */
  readonly page?: RequestHandler | undefined;
};

/** The control API by itself, for a port of its own: health, the page, then the key, then the operations. */
export const createControlApp = (options: ControlAppOptions): Express => {
  const { control, service, accessKeys, health, logger, page } = options;
  const app = createExpress();
  app.use(logRequests(logger));
  serveHealth(app, service, health);
  if (page !== undefined) app.use(page);
  app.use(requireAccessKey(accessKeys, {}));
  app.use(control);
  app.use((_request, response: ApiResponse) => sendError(response, notHere));
  return app;
};

const notHere = errorAnswer('404.uri', 'Unknown path', {
  detail: 'This port serves the control API alone. GET /_emulator/control-api.yaml describes its operations.',
});

/**
 * The control API, behind the check of the access key: everything under `/_emulator/` is answered here, and all else
 * passes by.
 */
export const createControl = (controlled: Controlled, logger: Logger): RequestHandler => {
  const serve = lazily(() => createControlOperations(controlled, logger));
  return (request, response, next) => {
    if (isAboutEmulator(request.path)) serve()(request, response, next);
    else next();
  };
};
