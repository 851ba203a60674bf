import type { Result, SchedulerService } from '../engine/service.ts';
import { pause } from '../shared/clock.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import type { FaultOperation, RequestEffect } from '../stack/stack-faults.ts';
import type { FaultSource, Hit, Moment } from './faults.ts';

type Failure = Exclude<RequestEffect, { readonly type: 'delay' }>;

/** A fault that is set on requests has met a call in this process. */
export class InjectedFailure extends EmulatorError {
  readonly faultId: string;
  /** What an HTTP client would have met in its place. */
  readonly effect: Failure;

  constructor(operation: FaultOperation, { id, effect }: Hit<Failure['type']>) {
    const fault = `fault ${JSON.stringify(id)}`;
    super(errorCodes.faultInjected, `Failed to ${operation}: ${fault} ${describe(effect)}. Remove the fault to go on.`);
    this.faultId = id;
    this.effect = effect;
  }
}

/** A scheduler whose callers in this process meet the faults that requests meet over HTTP: see request-faults.ts. */
export const withCallFaults = (service: SchedulerService, faults: FaultSource): SchedulerService => {
  const meet = async <Value>(
    moment: Moment & { readonly operation: FaultOperation },
    call: () => Promise<Result<Value>>,
    signal?: AbortSignal,
  ): Promise<Result<Value>> => {
    const delays = faults.all(['delay'], moment);
    const hit = faults.first(['error', 'reset', 'malformed'], moment);
    const ends = signal === undefined ? [] : [signal];
    for (const { effect, removed } of delays) await pause(faults.clock, effect.ms, removed, ...ends);
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

/** Whether the scheduler does what it was asked for, though its caller gets no answer. */
const isDone = (effect: Failure): boolean =>
  effect.type === 'malformed' || (effect.type === 'reset' && effect.when === 'after');

const describe = (effect: Failure): string => {
  switch (effect.type) {
    case 'error':
      return `answers ${effect.code} in the scheduler's place, which has done nothing`;
    case 'reset':
      return `breaks the connection ${isDone(effect) ? 'after all was done' : 'before anything is done'}`;
    case 'malformed':
      return 'damages the answer after all was done';
  }
};
