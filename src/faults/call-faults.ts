import type { RequestHandler } from 'express';
import type { ClaimedInstance, ClaimRequest, Result, SchedulerService } from '../engine/service.ts';
import { type ApiResponse, errorAnswer, type MatchedRequest, quote, sendError } from '../http/answers.ts';
import { pause } from '../shared/clock.ts';
import type { ContainerId } from '../shared/ids.ts';
import { type EffectType, type FaultOperation, operationOf } from '../stack/stack-faults.ts';
import type { FaultSource, Hit, Moment } from './faults.ts';
import { InjectedFailure, isDone } from './injected-failure.ts';
import type { RuntimeWithFaults } from './runtime-faults.ts';

type MayWait = { readonly spec: { readonly maxQueueTimeMs: number } };

/**
 * A scheduler for which other things fail: its pools are exhausted, its container runtime is away.
 *
 * @param runtime what goes away when a fault says so
 */
export const withServiceFaults = (
  service: SchedulerService & { readonly rules: { pool(id: ContainerId): MayWait | undefined } },
  faults: FaultSource,
  runtime: RuntimeWithFaults,
): SchedulerService => {
  /** Before the service looks: a caller that finds the runtime away is answered so, though it was there until then. */
  const arrive = (operation: FaultOperation, request: Partial<Moment> & { readonly containerId: string }): Moment => {
    const moment = { instanceId: null, token: null, ...request, operation };
    const hit = runtime.isAway ? null : faults.first(['dockerAway'], moment);
    if (hit !== null) void runtime.goAway(hit);
    return moment;
  };

  const claim = async (request: ClaimRequest): Promise<Result<ClaimedInstance>> => {
    const { containerId, token, signal } = request;
    const moment = arrive('claim', { containerId, token });
    const pool = faults.isArmed('poolExhausted') ? service.rules.pool(containerId as ContainerId) : undefined;
    if (pool !== undefined && service.readiness().ready) {
      const { maxQueueTimeMs } = pool.spec;
      const hit = faults.first(['poolExhausted'], moment);
      // As in a line that does not move; once the fault is removed, there are instances again.
      if (hit !== null && (await pause(faults.clock, maxQueueTimeMs, hit.removed, signal))) {
        const inVain = { containerId: containerId as ContainerId, waitedMs: maxQueueTimeMs };
        return { ok: false, rejection: { name: 'queue-timeout', ...inVain } };
      }
    }
    return await service.claim(request);
  };

  return {
    claim,
    spawn: async (request) => {
      arrive('spawn', request);
      return await service.spawn(request);
    },
    release: async (request) => {
      arrive('release', request);
      return await service.release(request);
    },
    active: (request) => {
      arrive('active', request);
      return service.active(request);
    },
    readiness: () => service.readiness(),
  };
};

/** What requests meet at the scheduler in place of their answer. */
const ofScheduler = ['error', 'reset', 'malformed'] as const;

/** A scheduler whose callers in this process meet the faults that requests meet over HTTP: see `injectFaults`. */
export const withCallFaults = (service: SchedulerService, faults: FaultSource): SchedulerService => {
  const meet = async <Value>(
    moment: Moment & { readonly operation: FaultOperation },
    call: () => Promise<Result<Value>>,
    signal?: AbortSignal,
  ): Promise<Result<Value>> => {
    const ends = signal === undefined ? [] : [signal];
    const hit = await meetDelays(faults, ofScheduler, moment, ends);
    if (hit === null) return await call();
    if (isDone(hit.effect)) await call();
    throw new InjectedFailure(moment.operation, hit);
  };

  return {
    active: (request) => service.active(request),
    readiness: () => service.readiness(),
    claim: (request) => {
      const { containerId, token, signal } = request;
      return meet({ operation: 'claim', containerId, instanceId: null, token }, () => service.claim(request), signal);
    },
    spawn: (request) => meet({ ...request, operation: 'spawn' }, () => service.spawn(request)),
    release: (request) => meet({ ...request, operation: 'release' }, () => service.release(request)),
  };
};

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
