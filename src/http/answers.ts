import type { Request, Response } from 'express';
import type { FunctionCounts } from '../engine/service.ts';
import { notText } from '../environment/variables.ts';
import type { components, operations } from '../openapi/wire-types.ts';
import type { Rejection } from '../scheduler/rejections.ts';

export type Operation = keyof operations;
type ApiErrorCode = components['schemas']['ErrorCode'];

export type ErrorAnswer = {
  readonly status: components['schemas']['Error']['status'];
  readonly code: ApiErrorCode;
  /** The same for all failures of a kind. */
  readonly title: string;
  /** What happened and what to do. Never holds a key or a token. */
  readonly detail?: string;
  /** A JSON pointer into the request's body. */
  readonly source?: string;
};

/** Codes begin with their status, so it is written once. */
export const errorAnswer = (
  code: ApiErrorCode,
  title: string,
  more: Pick<ErrorAnswer, 'detail' | 'source'> = {},
): ErrorAnswer => ({ status: Number.parseInt(code, 10) as ErrorAnswer['status'], code, title, ...more });

/** The body of an error, everywhere: for the app as well as for requests that never reach it. */
export const toErrorBody = ({ status, code, title, detail, source }: ErrorAnswer): string =>
  JSON.stringify({ error: { status, code, title, detail, source }, data: null });

const longestQuote = 64;

/** A value of the caller's inside one of our sentences: quoted, on one line, and not longer than our own words. */
export const quote = (value: string): string =>
  JSON.stringify(value.length > longestQuote ? `${value.slice(0, longestQuote)}...` : value);

/**
 * What the log line of a request says that cannot be read off its response; and for onlookers, who may keep them, the body
 * as it came and an answer that went out past `send`.
 */
type RequestNotes = {
  operation?: string;
  code?: string;
  instanceId?: string;
  fault?: string;
  asked?: Buffer;
  answered?: string;
};

/** A rejection that a caller is there to read. */
export type AnsweredRejection = Exclude<Rejection, { readonly name: 'caller-gone' }>;

/** What goes wrong in which operation. A profile may have another status and code for it (profile/imitate.ts). */
export type Question =
  | `${Operation}/${AnsweredRejection['name']}`
  | 'access/missing-key'
  | 'access/wrong-key'
  | 'access/wrong-address';

/** How a recorded scheduler says errors. In the `locals` of an app that imitates it. */
export type Imitation = {
  /** Status and code in place of ours; everything not named stays as it is. */
  readonly answerOverrides?: { readonly [Name in Question]?: Pick<ErrorAnswer, 'status' | 'code'> } | undefined;
  /** An error about the form of a request; the same where it was not recorded. */
  readonly reviseError?: (answer: ErrorAnswer, request: Request) => ErrorAnswer;
};

const imitationOf = ({ app }: ApiResponse): Imitation => app.locals;

/** A response whose `locals` belong to the log. */
export type ApiResponse = Response<unknown, RequestNotes>;

/**
 * Writes an error: nothing else in the app does, but for bodies that are refused while they arrive (request-body.ts).
 * As a string, because `json` would have the answer checked against the description, and would throw from inside the
 * error handler where a later change broke the envelope.
 */
export const sendError = (response: ApiResponse, answer: ErrorAnswer): void => {
  response.locals.code = answer.code;
  if (response.headersSent) {
    // Half an answer is on its way, and a second one would be read as its rest.
    response.destroy();
    return;
  }
  response.status(answer.status).type('json').send(toErrorBody(answer));
};

/** Writes an error that is the answer to this question. */
export const sendRefusal = (response: ApiResponse, question: Question, answer: ErrorAnswer): void =>
  sendError(response, { ...answer, ...imitationOf(response).answerOverrides?.[question] });

/** An error that is about the request's own form, before any rule of the scheduler has been asked. */
export const reviseRequestError = (response: ApiResponse, answer: ErrorAnswer): ErrorAnswer =>
  imitationOf(response).reviseError?.(answer, response.req) ?? answer;

export const sendRequestError = (response: ApiResponse, answer: ErrorAnswer): void =>
  sendError(response, reviseRequestError(response, answer));

/**
 * Writes a success. It passes the check against the description, of the content type, too; an answer that fails it becomes
 * a 500 of ours.
 */
export const sendData = (response: ApiResponse, data: unknown): void => {
  // By Node's own method: `type` would look it up once more.
  response.setHeader('Content-Type', 'application/json');
  response.json({ data });
};

/** What express-openapi-validator notes on a request whose path it knows. */
type Match = {
  /** The operation as it stands in the description. */
  readonly schema: { readonly operationId?: Operation };
  readonly pathParams: { readonly containerId?: string };
};

export type MatchedRequest = Request & { openapi?: Match };

/**
 * The answer to each rejection of a scheduler. A rejection without a line here does not compile.
 *
 * PARITY: the codes exist in the public description, but which failure gets which is our choice throughout; only
 * `504.not-available` for an exhausted pool is inferred from its name and from `max_queue_time`.
 */
export const toRejectionAnswer = (
  rejection: AnsweredRejection,
  functions: () => readonly Pick<FunctionCounts, 'containerId' | 'identifier'>[] = () => [],
): ErrorAnswer => {
  switch (rejection.name) {
    case 'unknown-container': {
      const meant = functions().find(({ identifier }) => identifier === rejection.containerId);
      const advice = meant
        ? `That is the name of container ${meant.containerId}. Use this ID.`
        : 'Use the ID of one of its function containers.';
      return errorAnswer('404.container', 'Unknown container', {
        detail: `The environment has no container ${quote(rejection.containerId)}. ${advice}`,
      });
    }
    case 'not-a-function':
      return errorAnswer('422.not-compatible', 'Not a function', {
        detail: `Container ${rejection.containerId} is not deployed as a function. Set its deploy.strategy to "function", or use the ID of a container that is one.`,
      });
    case 'unknown-instance':
      return errorAnswer('404.instance', 'Unknown instance', {
        detail: `Container ${rejection.containerId} has no instance ${quote(rejection.instanceId)}. Use the instance_id that claim answered, on the same container.`,
      });
    case 'wrong-token':
      return errorAnswer('403.mismatch', 'Token mismatch', {
        detail: `Instance ${rejection.instanceId} is claimed with another token. Use the token it was claimed with.`,
      });
    case 'not-claimed':
      return invalidState(`Instance ${rejection.instanceId} is not claimed. Claim an instance first.`);
    case 'claim-expired':
      return invalidState(
        `The claim on instance ${rejection.instanceId} expired ${rejection.leaseMs / 1000} s after it was made. Claim again, and spawn sooner.`,
      );
    case 'already-spawned':
      return invalidState(
        `Instance ${rejection.instanceId} has been spawned under this claim before. Claim another instance for another run.`,
      );
    case 'already-released':
      return invalidState(`The claim on instance ${rejection.instanceId} has been released. Claim an instance again.`);
    case 'run-ended':
      return invalidState(
        `The run on instance ${rejection.instanceId} has ended, and the claim with it. Claim an instance again.`,
      );
    case 'not-spawned':
      return invalidState(
        `Instance ${rejection.instanceId} has not been spawned. Spawn it, or let the claim end by itself.`,
      );
    case 'queue-timeout':
      return errorAnswer('504.not-available', 'No instance available', {
        detail: `No instance of container ${rejection.containerId} became free within ${rejection.waitedMs / 1000} s. Release instances, or raise max_pool_size or max_queue_time.`,
      });
    case 'line-full':
      return errorAnswer('429.rate-limiting', 'Too many claims', {
        detail: `${rejection.waiting} claims of container ${rejection.containerId} wait in line, and no more may. Claim again when some have been answered.`,
      });
    case 'start-failed':
      return errorAnswer('500.unknown', 'Instance failed to start', {
        detail: `Instance ${rejection.instanceId} did not start: ${rejection.reason}`,
      });
    case 'invalid-variable':
      return errorAnswer('422.invalid-argument', 'Invalid argument', {
        detail: `No process can have the environment variable ${quote(rejection.variable)}: ${rejection.problem}. ${rejection.problem === notText ? 'Pass a string' : 'Rename or leave it out'}.`,
        source: `/runtime_variables/environment_variables/${escapePointer(rejection.variable)}`,
      });
    case 'not-ready':
      return notReadyAnswer(rejection.reason);
  }
};

/** Said by a function's operations and by the readiness endpoint alike. */
export const notReadyAnswer = (reason: string): ErrorAnswer =>
  errorAnswer('503.not-ready', 'Not ready', { detail: `The scheduler is not ready: ${reason}. Try again soon.` });

const invalidState = (detail: string): ErrorAnswer => errorAnswer('403.invalid-state', 'Invalid state', { detail });

/** One step of a JSON pointer (RFC 6901). */
const escapePointer = (step: string): string => step.replaceAll('~', '~0').replaceAll('/', '~1');
