import { InjectedFailure } from '../faults/injected-failure.ts';
import { toRejectionAnswer } from '../http/answers.ts';
import type { Ending } from '../recording/linked-request.ts';
import type { Rejection } from '../scheduler/rejections.ts';
import { toMessage } from '../shared/errors.ts';
import type { Exit } from '../shared/types.ts';

/**
 * Why a request is not answered by its function. The message is for the caller: one sentence, nothing that a function has
 * printed. PARITY: nothing public says which status a caller gets when; all of them are our choice.
 */
export class GatewayFailure extends Error {
  override readonly name = 'GatewayFailure';
  readonly ending: Ending;
  /** Null breaks the connection. */
  readonly status: number | null;
  /** Whether the same request may succeed soon. */
  readonly isTemporary: boolean;

  constructor(ending: Ending, status: number | null, message: string, isTemporary = false) {
    super(message);
    this.ending = ending;
    this.status = status;
    this.isTemporary = isTemporary;
  }
}

/** A connection of the function's that ended too early, perhaps because its process has. */
export class ConnectionEnded extends GatewayFailure {
  constructor(message: string) {
    super('destination_unavailable', 502, message);
  }
}

/** A failure that a fault asks for. Its status is the fault's: no profile replaces it. */
export class FaultFailure extends GatewayFailure {
  constructor({ effect, message }: InjectedFailure) {
    const status = effect.type === 'error' ? (effect.status ?? Number.parseInt(effect.code, 10)) : null;
    super('destination_unavailable', status, message);
  }
}

/** The caller has gone, so no answer has a reader. */
export const callerGone = new GatewayFailure('no_error', null, 'The caller has gone.');

/**
 * What a caller of the gateway gets where the scheduler says no.
 *
 * @param graceMs how long an instance of the function may take to stop
 */
export const toFailure = (name: string, rejection: Rejection, graceMs: number): GatewayFailure => {
  switch (rejection.name) {
    case 'caller-gone':
      return callerGone;
    case 'queue-timeout':
      return unavailable(
        503,
        `No instance of ${name} became free within ${rejection.waitedMs / 1000} s. ${toAdvice(rejection, graceMs)}`,
        true,
      );
    case 'line-full':
    case 'not-ready':
      return unavailable(503, toRejectionAnswer(rejection).detail ?? 'The scheduler is not ready.', true);
    case 'start-failed':
      return unavailable(502, `The instance of ${name} did not start: ${rejection.reason}`);
    default:
      return unavailable(502, toRejectionAnswer(rejection).detail ?? 'The scheduler refused an instance.');
  }
};

const toAdvice = ({ stopping = 0 }: Extract<Rejection, { name: 'queue-timeout' }>, graceMs: number): string =>
  stopping === 0
    ? 'Try again later, or raise max_pool_size or max_queue_time.'
    : `${stopping} of its instances still had to stop, which may take ${graceMs / 1000} s (graceful_timeout). Let the function end on SIGTERM, lower graceful_timeout, or raise max_pool_size or max_queue_time.`;

const unavailable = (status: number, message: string, isTemporary = false): GatewayFailure =>
  new GatewayFailure('destination_unavailable', status, message, isTemporary);

/** The function's process ended before it listened, was ready or answered: `before` says which. */
export const endedTooEarly = (name: string, { code, outOfMemory }: Exit, before: string): GatewayFailure => {
  const how = code === null ? 'in an unknown way' : `with exit code ${code}${outOfMemory ? ', out of memory' : ''}`;
  return unavailable(
    502,
    `The instance of ${name} ended ${how} before it ${before}. The log of the emulator says more.`,
  );
};

/** The function runs, and its port accepted no connection in time. */
export const neverListened = (port: number, withinMs: number): GatewayFailure =>
  unavailable(
    504,
    `The function did not listen on port ${port} within ${withinMs / 1000} s. Does it listen on 0.0.0.0, and not on 127.0.0.1 alone? Are its ports written outside:inside?`,
  );

export const neverReady = (name: string, withinMs: number): GatewayFailure =>
  unavailable(504, `The readiness check of ${name} did not succeed within ${withinMs / 1000} s.`);

export const overran = (name: string): GatewayFailure =>
  unavailable(504, `The instance of ${name} ran for its max_runtime before it answered.`);

export const unhealthy = (name: string): GatewayFailure =>
  unavailable(502, `The instance of ${name} was ended before it answered, for its health check has failed.`);

/** Anything that was thrown, as a failure: a fault set on purpose meets callers of the gateway as it meets those of the API. */
export const asFailure = (error: unknown): GatewayFailure => {
  if (error instanceof GatewayFailure) return error;
  if (error instanceof InjectedFailure) return new FaultFailure(error);
  return new GatewayFailure('unknown_error', 500, `The gateway failed: ${toMessage(error)}.`);
};
