import type { RequestHandler } from 'express';
import type { Result, SchedulerService } from '../engine/service.ts';
import { type ApiResponse, errorAnswer, type MatchedRequest, quote, sendError } from '../http/answers.ts';
import { pause } from '../shared/clock.ts';
import type { ContainerId } from '../shared/ids.ts';
import { type EffectType, type FaultOperation, operationOf } from '../stack/stack-faults.ts';
import type { FaultSource, Hit, Moment } from './faults.ts';
import { InjectedFailure, isDone } from './injected-failure.ts';
import type { RuntimeWithFaults } from './runtime-faults.ts';

type Call = Moment & { readonly operation: FaultOperation };

/** The same scheduler with something around each call that may change anything. */
const around = (
  service: SchedulerService,
  act: <Value>(call: Call, go: () => Promise<Result<Value>>, signal?: AbortSignal) => Promise<Result<Value>>,
): SchedulerService => ({
  claim: (request) =>
    act({ ...request, operation: 'claim', instanceId: null }, () => service.claim(request), request.signal),
  spawn: (request) => act({ ...request, operation: 'spawn' }, () => service.spawn(request)),
  release: (request) => act({ ...request, operation: 'release' }, () => service.release(request)),
  active: (request) => service.active(request),
  readiness: () => service.readiness(),
});

type MayWait = { readonly spec: { readonly maxQueueTimeMs: number } };

/**
 * A scheduler that refuses where a fault says so, as if its pools were exhausted or its container runtime were away.
 *
 * @param runtime what goes away when a fault says so
 */
export const withServiceFaults = (
  service: SchedulerService & { readonly rules: { pool(id: ContainerId): MayWait | undefined } },
  faults: FaultSource,
  runtime: RuntimeWithFaults,
): SchedulerService => {
  /** Before the service looks: a caller that finds the runtime away is answered so, though it was there until then. */
  const arrive = (moment: Moment): void => {
    const hit = runtime.isAway ? null : faults.first(['dockerAway'], moment);
    if (hit !== null) void runtime.goAway(hit);
  };

  /** Waits as in a line that does not move; once the fault is removed, there are instances again. */
  const waitInVain = async (moment: Moment, ends: readonly AbortSignal[]): Promise<Result<never> | null> => {
    const containerId = moment.containerId as ContainerId;
    const pool = service.rules.pool(containerId);
    const hit = pool && service.readiness().ready ? faults.first(['poolExhausted'], moment) : null;
    const waitedMs = pool?.spec.maxQueueTimeMs ?? 0;
    const isInVain = hit !== null && (await pause(faults.clock, waitedMs, hit.removed, ...ends));
    return isInVain ? { ok: false, rejection: { name: 'queue-timeout', containerId, waitedMs } } : null;
  };

  return {
    ...around(service, async (call, go, signal) => {
      arrive(call);
      if (call.operation === 'claim' && faults.isArmed('poolExhausted')) {
        const refusal = await waitInVain(call, signal === undefined ? [] : [signal]);
        if (refusal !== null) return refusal;
      }
      return await go();
    }),
    active: (request) => {
      arrive({ ...request, operation: 'active', instanceId: null, token: null });
      return service.active(request);
    },
  };
};

/** What requests meet at the scheduler in place of their answer. */
const ofScheduler = ['error', 'reset', 'malformed'] as const;

/** A scheduler whose callers in this process meet the faults that requests meet over HTTP: see `injectFaults`. */
export const withCallFaults = (service: SchedulerService, faults: FaultSource): SchedulerService =>
  around(service, async (call, go, signal) => {
    const hit = await meetDelays(faults, ofScheduler, call, signal === undefined ? [] : [signal]);
    if (hit === null) return await go();
    if (isDone(hit.effect)) await go();
    throw new InjectedFailure(call.operation, hit);
  });

/** Waits for the delays of a moment, and answers what else it meets. */
export const meetDelays = async <Type extends EffectType>(
  faults: FaultSource,
  types: readonly Type[],
  moment: Moment,
  ends: readonly AbortSignal[],
): Promise<Hit<Type> | null> => {
  const delays = faults.all(['delay'], moment);
  const hit = faults.first(types, moment);
  for (const { effect, removed } of delays) await pause(faults.clock, effect.ms, removed, ...ends);
  return hit;
};

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
type Body = { readonly token?: string; readonly instance_id?: string };

/** Damages requests that have passed the access key and the validation, on their way to the routes. */
export const injectFaults =
  (faults: FaultSource): RequestHandler =>
  async (request: MatchedRequest, response: ApiResponse, next) => {
    const moment = momentOf(request);
    if (moment === null) return next();
    const delays = faults.all(['delay'], moment);
    const hit = faults.first(ofScheduler, moment);
    const fault = hit?.id ?? delays[0]?.id;
    if (fault !== undefined) response.locals.fault = fault;
    // A caller that hangs up meanwhile ends nothing: its request is on its way, and arrives.
    for (const { effect, removed } of delays) await pause(faults.clock, effect.ms, removed);
    if (hit === null || inject(hit, response) === 'goes on') next();
  };

const momentOf = ({ openapi, body }: MatchedRequest): Moment | null => {
  const { token, instance_id: instanceId }: Body = body ?? {};
  const operationId = openapi?.schema.operationId;
  if (operationId === undefined) return null;
  return {
    operation: operationOf[operationId],
    containerId: openapi?.pathParams.containerId ?? '',
    instanceId: instanceId ?? null,
    token: token ?? null,
  };
};

/** Answers in the scheduler's place, or damages its answer. */
const inject = ({ id, effect }: Hit<(typeof ofScheduler)[number]>, response: ApiResponse): 'answered' | 'goes on' => {
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
