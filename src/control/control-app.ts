import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ErrorRequestHandler, Express, Request, RequestHandler } from 'express';
import type { SchedulerService } from '../engine/service.ts';
import type { Faults } from '../faults/faults.ts';
import { requireAccessKey } from '../http/access-key.ts';
import { type ApiResponse, type ErrorAnswer, errorAnswer, quote, sendData, sendError } from '../http/answers.ts';
import { createExpress, type HealthInfo, serveHealth } from '../http/app.ts';
import { parseJsonBody } from '../http/request-body.ts';
import { isAboutEmulator, logRequests } from '../http/request-log.ts';
import { handleErrors, isUnknownPath, validateApi } from '../http/validate.ts';
import type { operations } from '../openapi/control-types.ts';
import { type ApiDescription, readApiDescription } from '../openapi/load.ts';
import { lazily } from '../shared/async.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { packageRoot } from '../shared/package.ts';
import type { AccessKey } from '../shared/types.ts';
import type { Fault } from '../stack/model.ts';
import { answerEvents, answerLogs, answerRequests, type ControlRequest, unknownInstance } from './control-streams.ts';
import type { Controlled } from './control-target.ts';
import {
  toWireClock,
  toWireFunction,
  toWireInstanceDetails,
  toWireInvocation,
  toWireRequest,
  toWireState,
} from './control-wire.ts';

/** Answers an operation: with data, or with nothing where it has answered by itself. */
type Operation = (request: ControlRequest, response: ApiResponse) => unknown;

/** All operations but two: `exchangeCode` is answered by the page's server, `addFault` by a handler before the check. */
type Served = Exclude<keyof operations, 'exchangeCode' | 'addFault'>;

/** All of docs/control-api.yaml, which has checked what comes here and checks what is answered. */
const createOperations = (controlled: Controlled): Readonly<Record<Served, Operation>> => {
  const { clock, faults, recorder, requests } = controlled;
  return {
    getState: () => toWireState(controlled),
    reset: async () => {
      await controlled.reset();
      return toWireState(controlled);
    },
    stop: (_request, response) => {
      const { session, requestStop } = controlled;
      if (requestStop === null) return sendError(response, endsWithProgram);
      response.once('finish', requestStop);
      return { session };
    },
    streamEvents: (request, response) => answerEvents(controlled, request, response),
    getClock: () => toWireClock(clock),
    freezeClock: () => {
      clock.freeze();
      return toWireClock(clock);
    },
    resumeClock: () => {
      clock.resume();
      return toWireClock(clock);
    },
    advanceClock: async ({ body: { ms } }) => {
      if (ms === undefined) await clock.advanceToNextDeadline();
      else await clock.advance(ms);
      return toWireClock(clock);
    },
    invokeFunction: (request, response) => answerInvoke(controlled, request, response),
    scaleFunction: async ({ params, body }, response) => {
      const outcome = await controlled.scale(params.functionName, body.instances);
      return outcome.ok ? toWireFunction(outcome.value, controlled) : sendError(response, outcome.answer);
    },
    listFaults: () => faults.list(),
    clearFaults: () => {
      faults.clear();
      return faults.list();
    },
    removeFault: ({ params: { faultId } }, response) =>
      faults.remove(faultId) ? faults.list() : sendError(response, unknownFault(faultId)),
    getInstance: ({ params: { instanceId } }, response) =>
      toWireInstanceDetails(controlled, instanceId) ?? sendError(response, unknownInstance(instanceId)),
    getLogs: (request, response) => answerLogs(controlled, request, response),
    listRequests: (request, response) => answerRequests(controlled, request, response),
    getRequest: ({ params: { requestId } }, response) => {
      const [found] = requests.after(Number(requestId) - 1);
      if (found?.number !== Number(requestId)) return sendError(response, unknownRequest(requestId));
      return { ...toWireRequest(found), ...controlled.showBodies(found.item) };
    },
    getRecording: (_request, response) => answerRecording(recorder, response),
    clearRecording: (_request, response) => {
      recorder.clear();
      return answerRecording(recorder, response);
    },
    getDescription: (_request, response) => void response.type('application/yaml').send(readFileSync(descriptionPath)),
    getDescriptionAsJson: (_request, response) => void response.json(readControlApi()),
  };
};

/** Runs a function once and answers how that went, when it has ended. A caller that leaves before ends it. */
const answerInvoke = async ({ invoke }: Controlled, { params, body }: ControlRequest, response: ApiResponse) => {
  const left = new AbortController();
  response.once('close', () => left.abort());
  try {
    const outcome = await invoke(params.functionName, { ...body, signal: left.signal });
    return outcome.ok ? toWireInvocation(outcome.value) : sendError(response, outcome.answer);
  } catch (error) {
    // The answer would go nowhere.
    if (!left.signal.aborted) throw error;
  }
};

/** Answers the recording piece by piece, no faster than it is read: as a whole it could be larger than the memory. */
const answerRecording = async (recorder: Controlled['recorder'], response: ApiResponse): Promise<void> => {
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

const duplicate = (id: string) =>
  errorAnswer('409.duplicate-found', 'Fault exists', {
    detail: `Another fault has the ID ${quote(id)}. Remove that fault, or choose another ID.`,
    source: '/id',
  });

/** The envelope knows no code for things that only emulators have; this one says what kind of failure it is. */
const unknownFault = (id: string) =>
  errorAnswer('404.uri', 'Unknown fault', {
    detail: `No fault is called ${quote(id)}. GET /_emulator/faults lists all.`,
  });

const unknownRequest = (id: string) =>
  errorAnswer('404.uri', 'Unknown request', {
    detail: `No request has the ID ${id}, or it is remembered no more. GET /_emulator/requests lists all.`,
  });

/**
 * Sets a fault. Comes before the check against the description, which would say of every wrong effect what the first of
 * all effects lacks; `add` knows the same rules, those of a fixture, and says all that is wrong.
 */
const addFault =
  (faults: Faults): RequestHandler =>
  ({ body }, response: ApiResponse) => {
    response.locals.operation = 'addFault';
    // What is wrong with it, `add` says.
    const fault: Fault = body ?? {};
    if (fault.id !== undefined && faults.list().some(({ id }) => id === fault.id)) {
      sendError(response, duplicate(fault.id));
      return;
    }
    const added = faults.add(fault);
    sendData(
      response,
      faults.list().find(({ id }) => id === added),
    );
  };

const largestBodyBytes = 65_536;

/** What the validator notes on a request. */
type Matched = { readonly schema: { readonly operationId?: string }; readonly pathParams: ControlRequest['params'] };

const serveOperations = (controlled: Controlled): RequestHandler => {
  const operations = new Map<string, Operation>(Object.entries(createOperations(controlled)));
  return async (request: Request & { openapi?: Matched }, response: ApiResponse, next) => {
    const { schema, pathParams } = request.openapi ?? {};
    const operation = operations.get(schema?.operationId ?? '');
    if (operation === undefined || pathParams === undefined) return next();
    if (pathParams.instanceId !== undefined) response.locals.instanceId = pathParams.instanceId;
    const data = await operation(Object.assign(request, { params: pathParams }), response);
    if (data !== undefined) sendData(response, data);
  };
};

/** Answers what no schema can say of a request, and the emulator says by itself. */
const answerBadOptions: ErrorRequestHandler = (error: unknown, _request, response: ApiResponse, next) => {
  if (!(error instanceof EmulatorError) || error.code !== errorCodes.badOption) return next(error);
  sendError(response, errorAnswer('422.invalid-argument', 'Invalid argument', { detail: error.message }));
};

const createControlOperations = (controlled: Controlled, logger: Logger): Express => {
  const app = createExpress();
  const refuse = (response: ApiResponse): void => sendError(response, unknownOperation(readControlApi()));
  app.use(({ path }, response: ApiResponse, next) => {
    // Another path than without the slash at its end; the validator would let it pass.
    if (path.endsWith('/')) refuse(response);
    else next();
  });
  app.use(...parseJsonBody(largestBodyBytes));
  app.post('/_emulator/faults', addFault(controlled.faults));
  app.post('/_emulator/clock/advance', (request, _response, next) => {
    // The validator passes a request without a body where no field of it is required in any case.
    request.body ??= {};
    next();
  });
  app.use(validateApi(readControlApi), serveOperations(controlled));
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
  app.use(requireAccessKey(accessKeys));
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
