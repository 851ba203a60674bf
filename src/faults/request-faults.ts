import type { RequestHandler } from 'express';
import { type ApiResponse, errorAnswer, type MatchedRequest, quote, sendError } from '../http/answers.ts';
import { pause } from '../shared/clock.ts';
import { operationOf, type RequestEffect } from '../stack/stack-faults.ts';
import type { FaultSource, Hit, Moment } from './faults.ts';

/** Hands the finished answer to `act` instead of the caller; `send` sends another text in its place. */
const replaceAnswer = (response: ApiResponse, act: (answer: string, send: (text: string) => void) => void): void => {
  // `json` ends in `send`, too, and after the check against the description: the damaged answer was right.
  const send = response.send.bind(response);
  response.send = (answer) => {
    act(String(answer), send);
    return response;
  };
};

/** With a TCP reset, as when a machine in between lost its memory: no orderly end, which a client might take for one. */
const resetConnection = (response: ApiResponse): void => {
  response.socket?.resetAndDestroy();
};

/** Promises the whole answer, sends half of it, and closes the connection. */
const breakOff = (response: ApiResponse, answer: string): void => {
  const bytes = Buffer.from(answer);
  response.set('Content-Length', String(bytes.length));
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy());
};

/** What operations' bodies have in common. */
type Body = { readonly token?: string; readonly instance_id?: string } | undefined;

/** Damages requests that have passed the access key and the validation, on their way to the routes. */
export const injectFaults =
  (faults: FaultSource): RequestHandler =>
  async (request: MatchedRequest, response: ApiResponse, next) => {
    const moment = momentOf(request);
    if (moment === null) return next();
    const delays = faults.all(['delay'], moment);
    const hit = faults.first(['error', 'reset', 'malformed'], moment);
    const fault = hit?.id ?? delays[0]?.id;
    if (fault !== undefined) response.locals.fault = fault;
    // A caller that hangs up meanwhile ends nothing: its request is on its way, and arrives.
    for (const { effect, removed } of delays) await pause(faults.clock, effect.ms, removed);
    if (hit === null || inject(hit, response) === 'goes on') next();
  };

const momentOf = (request: MatchedRequest): Moment | null => {
  const { openapi } = request;
  const body: Body = request.body;
  const operationId = openapi?.schema.operationId;
  if (operationId === undefined) return null;
  return {
    operation: operationOf[operationId],
    containerId: openapi?.pathParams.containerId ?? '',
    instanceId: body?.instance_id ?? null,
    token: body?.token ?? null,
  };
};

type DamagingEffect = Exclude<RequestEffect['type'], 'delay'>;

/** Answers in the scheduler's place, or damages its answer. */
const inject = ({ id, effect }: Hit<DamagingEffect>, response: ApiResponse): 'answered' | 'goes on' => {
  switch (effect.type) {
    case 'error': {
      const answer = errorAnswer(effect.code, 'Injected fault', {
        detail: `Fault ${quote(id)} answers in the scheduler's place, which has done nothing. Remove the fault to reach it.`,
      });
      sendError(response, { ...answer, status: effect.status ?? answer.status });
      return 'answered';
    }
    case 'reset':
      if (effect.when === 'after') {
        replaceAnswer(response, () => resetConnection(response));
        return 'goes on';
      }
      resetConnection(response);
      return 'answered';
    case 'malformed':
      replaceAnswer(response, (answer, send) => {
        if (effect.how === 'cut') breakOff(response, answer);
        else send('<!doctype html><title>Bad gateway</title><h1>Bad gateway</h1>\n');
      });
      return 'goes on';
  }
};
