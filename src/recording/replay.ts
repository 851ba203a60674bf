import type { Express } from 'express';
import { requireAccessKey } from '../http/access-key.ts';
import {
  type ApiResponse,
  type ErrorAnswer,
  errorAnswer,
  type MatchedRequest,
  sendData,
  sendError,
} from '../http/answers.ts';
import { createExpress, livePath, readyPath, serveHealth } from '../http/app.ts';
import { parseJsonBody } from '../http/request-body.ts';
import { isAboutEmulator, logRequests } from '../http/request-log.ts';
import { handleErrors, validateApi } from '../http/validate.ts';
import { type Json, type JsonObject, readSchedulerApi } from '../openapi/load.ts';
import { deriveObjectId } from '../shared/ids.ts';
import type { Logger } from '../shared/logger.ts';
import { version } from '../shared/package.ts';
import type { AccessKey } from '../shared/types.ts';
import type { Exchange, Recording } from './recorder.ts';

type Asked = { readonly operation: string; readonly containerId: string; readonly body: Json };
type Answered =
  | { readonly expected: true; readonly status: number; readonly response: JsonObject }
  | { readonly expected: false; readonly reason: string };

/** A recording played again: for each operation of each container, its exchanges in their order. */
export class Replay {
  readonly #queues = new Map<string, Exchange[]>();
  /** What the present caller uses for each token of the recording. */
  readonly #tokens = new Map<string, string>();

  constructor({ exchanges }: Recording) {
    for (const exchange of exchanges) this.#queueOf(exchange.operation, exchange.container_id).push(exchange);
  }

  /** Exchanges not yet asked for. */
  get left(): number {
    return [...this.#queues.values()].reduce((sum, queue) => sum + queue.length, 0);
  }

  answer({ operation, containerId, body }: Asked): Answered {
    const queue = this.#queueOf(operation, containerId);
    const [next] = queue;
    if (next === undefined) {
      return { expected: false, reason: `the recording has no further ${operation} of container ${containerId}` };
    }
    const bound = new Map(this.#tokens);
    const difference = findDifference(next.request, body, bound, '');
    if (difference !== null) {
      const place = difference === '' ? 'the body' : difference;
      return { expected: false, reason: `${place} is not what the recording's next ${operation} has there` };
    }
    queue.shift();
    for (const [placeholder, token] of bound) this.#tokens.set(placeholder, token);
    return { expected: true, status: next.status, response: this.#fill(next.response) as JsonObject };
  }

  #queueOf(operation: string, containerId: string): Exchange[] {
    const key = `${operation} ${containerId}`;
    const queue = this.#queues.get(key) ?? [];
    this.#queues.set(key, queue);
    return queue;
  }

  #fill(value: Json): Json {
    if (typeof value === 'string') {
      if (value === '<time>') return new Date().toISOString();
      return this.#tokens.get(value) ?? value.replace(instancePlaceholder, toInstanceId);
    }
    if (Array.isArray(value)) return value.map((inner: Json) => this.#fill(inner));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key.replace(instancePlaceholder, toInstanceId), this.#fill(inner)]),
    );
  }
}

const instancePlaceholder = /<instance-\d+>/g;

/** The same in every replay. */
const toInstanceId = (placeholder: string): string => deriveObjectId('replay', placeholder);

/** A JSON pointer to the first place where the body is not what was recorded; null where there is none. */
const findDifference = (expected: Json, actual: Json, tokens: Map<string, string>, at: string): string | null => {
  if (typeof expected === 'string' && typeof actual === 'string') return matches(expected, actual, tokens) ? null : at;
  if (!isTree(expected) || !isTree(actual)) return expected === actual ? null : at;
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const [there, here] = [expected[key], actual[key]];
    const place = `${at}/${key}`;
    if (there === undefined || here === undefined) return place;
    const difference = findDifference(there, here, tokens, place);
    if (difference !== null) return difference;
  }
  return null;
};

const isTree = (value: Json): value is JsonObject => typeof value === 'object' && value !== null;

const matches = (expected: string, actual: string, tokens: Map<string, string>): boolean => {
  if (!/^<token-\d+>$/.test(expected)) return expected.replace(instancePlaceholder, toInstanceId) === actual;
  const bound = tokens.get(expected);
  if (bound !== undefined) return bound === actual;
  // What stands for another token of the recording is none that has not come yet.
  if ([...tokens.values()].includes(actual)) return false;
  tokens.set(expected, actual);
  return true;
};

type ReplayAppOptions = {
  readonly replay: Replay;
  /** None admits every caller: a recording holds no key. */
  readonly accessKeys: readonly AccessKey[];
  readonly logger: Logger;
  /** Gets each request that the recording does not have. */
  readonly onUnexpected: (reason: string) => void;
};

/** The Scheduler API as a recording answers it. Bad requests are refused by the description, as when it was made. */
export const createReplayApp = (options: ReplayAppOptions): Express => {
  const { replay, accessKeys, logger, onUnexpected } = options;
  const app = createExpress();
  app.set('query parser', false);
  app.use(
    logRequests(logger, () => ({ method, code }) => {
      if (code === '404.uri') onUnexpected(`a ${method} to a path that the Scheduler API does not have`);
    }),
  );
  serveHealth(app, alwaysReady, { version, session: 'replay', startedAt: Date.now() });
  // Open to all, as a page would be: a browser has no key to send.
  app.use('/_emulator/ui', (_request, response: ApiResponse) => sendError(response, noControl));
  if (accessKeys.length > 0) app.use(requireAccessKey(accessKeys));
  app.use(({ path }, response: ApiResponse, next) => {
    if (isAboutEmulator(path)) sendError(response, noControl);
    else next();
  });
  app.use(...parseJsonBody(2 ** 20));
  app.use(validateApi(readSchedulerApi));
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

const noControl = errorAnswer('404.uri', 'Replay', {
  detail: `This server replays a recording, and has no control API and no page. It serves the recorded requests, GET ${livePath} and GET ${readyPath}.`,
});

const notRecorded = (reason: string): ErrorAnswer =>
  errorAnswer('503.not-enabled', 'Not recorded', {
    detail: `This is a replay, and ${reason}. Record again, or send the recorded requests in their order.`,
  });
