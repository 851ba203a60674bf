import { setImmediate as setImmediatePromise } from 'node:timers/promises';
import type { Request, RequestHandler } from 'express';
import type { ClaimedInstance, Result, SchedulerService } from '../engine/service.ts';
import type { Logger } from '../shared/logger.ts';
import { type ApiResponse, type MatchedRequest, sendData, sendError, sendRequestError } from './answers.ts';
import { type AnswerOverrides, toRejectionAnswer, withOverride } from './rejection-answers.ts';
import { isAboutEmulator } from './request-log.ts';
import { noControlHere, unknownPath } from './validate.ts';
import {
  type ClaimBody,
  leastTokenLength,
  type Operation,
  type ReleaseBody,
  type SpawnBody,
  toWireActive,
  toWireClaimed,
  toWireReleased,
  toWireSpawned,
} from './wire-format.ts';

/** Says whether the event loop has gone round since: a claim answered before that has not waited in line. */
const noticeWaiting = (): { hasWaited(): boolean } => {
  let waited = false;
  const notice = setImmediate(() => {
    waited = true;
  });
  return {
    hasWaited: () => {
      clearImmediate(notice);
      return waited;
    },
  };
};

/** Two, since the first may still be of the turn in which the answer came. */
const turnsOfTheLoop = async (): Promise<void> => {
  await setImmediatePromise();
  await setImmediatePromise();
};

/** In characters as JSON Schema counts them. */
const isTooShort = (token: string): boolean => [...token.slice(0, 2 * leastTokenLength)].length < leastTokenLength;

type Asked<Body = unknown> = { readonly request: Request; readonly containerId: string; readonly body: Body };

/** Aborts when the caller hangs up before the answer is out. */
const hangUpSignal = (response: ApiResponse): AbortSignal => {
  const hangUp = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) hangUp.abort();
  });
  return hangUp.signal;
};

/**
 * The API's operations, by the names that the description gives them. Requests have been validated before they come
 * here, hence the types of bodies; a container ID may be any text, since what is no ID at all is just as unknown to the
 * service.
 */
export const serveFunctions = (
  service: SchedulerService,
  overrides: AnswerOverrides,
  logger: Logger,
): RequestHandler => {
  const answer = <Value>(
    response: ApiResponse,
    operation: Operation,
    result: Result<Value>,
    toWire: (value: Value) => unknown,
  ): void => {
    if (result.ok) return sendData(response, toWire(result.value));
    const { rejection } = result;
    if (rejection.name === 'caller-gone') {
      response.locals.code = rejection.name;
      response.destroy();
      return;
    }
    const functions = () => service.readiness().functions;
    const own = toRejectionAnswer(rejection, functions);
    sendError(response, withOverride(overrides, `${operation}/${rejection.name}`, own));
  };

  /** A claim granted at the moment its caller hung up goes back at once, for others to take. */
  const returnClaim = async (containerId: string, { instanceId, token }: ClaimedInstance): Promise<void> => {
    const result = await service.release({ containerId, instanceId, token });
    if (!result.ok) logger.warn({ instance: instanceId, reason: result.rejection.name }, 'claim not returned');
  };

  const operations = {
    claimInstance: async ({ request, containerId, body }: Asked<ClaimBody>, response: ApiResponse) => {
      const signal = hangUpSignal(response);
      const line = noticeWaiting();
      const result = await service.claim({ containerId, token: body.token, signal });
      if (result.ok) response.locals.instanceId = result.value.instanceId;
      if (result.ok && isTooShort(body.token)) {
        logger.warn(
          { container: containerId, instance: result.value.instanceId },
          `claimed with a token that cannot be spawned: it needs at least ${leastTokenLength} characters`,
        );
      }
      // A waiting caller may have hung up just now, unread so far: the event is there once the loop has come round.
      const waited = line.hasWaited();
      if (waited) await turnsOfTheLoop();
      const { destroyed, readableEnded } = request.socket;
      const hungUp = signal.aborted || destroyed || (waited && readableEnded);
      if (result.ok && hungUp) await returnClaim(containerId, result.value);
      else answer(response, 'claimInstance', result, toWireClaimed);
    },
    spawnInstance: async ({ containerId, body }: Asked<SpawnBody>, response: ApiResponse) => {
      const { instance_id: instanceId, token, runtime_variables: runtime } = body;
      response.locals.instanceId = instanceId;
      const variables = runtime?.environment_variables ?? {};
      const result = await service.spawn({ containerId, instanceId, token, variables });
      answer(response, 'spawnInstance', result, toWireSpawned);
    },
    releaseInstance: async ({ containerId, body }: Asked<ReleaseBody>, response: ApiResponse) => {
      const { instance_id: instanceId, token } = body;
      response.locals.instanceId = instanceId;
      const result = await service.release({ containerId, instanceId, token });
      answer(response, 'releaseInstance', result, toWireReleased);
    },
    getActiveInstances: ({ containerId }: Asked, response: ApiResponse) => {
      answer(response, 'getActiveInstances', service.active({ containerId }), toWireActive);
    },
  } satisfies Record<Operation, unknown>;
  return (request: MatchedRequest, response: ApiResponse, next) => {
    const { schema, pathParams } = request.openapi ?? {};
    if (schema?.operationId === undefined) return next();
    const asked = { request, containerId: pathParams?.containerId ?? '', body: request.body };
    return operations[schema.operationId](asked, response);
  };
};

/** Comes where everything about the emulator has been served, if it is served at all. */
export const refuseAboutEmulator: RequestHandler = (request, response: ApiResponse, next) => {
  if (isAboutEmulator(request.path)) sendError(response, noControlHere);
  else next();
};

/** A path with a slash at its end is another path, and the validator would let it pass. */
export const refuseTrailingSlash: RequestHandler = (request, response: ApiResponse, next) => {
  if (request.path !== '/' && request.path.endsWith('/')) sendRequestError(response, unknownPath);
  else next();
};
