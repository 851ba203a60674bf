import type { FunctionCounts } from '../engine/service.ts';
import type { Rejection } from '../scheduler/rejections.ts';
import { type ErrorAnswer, errorAnswer, quote } from './answers.ts';
import type { Operation } from './wire-format.ts';

/** A rejection that a caller is there to read. */
export type AnsweredRejection = Exclude<Rejection, { readonly name: 'caller-gone' }>;

/** What nothing public settles about errors: which status and code a scheduler answers when … */
export type Question =
  | `${Operation}/${AnsweredRejection['name']}`
  | 'access/missing-key'
  | 'access/wrong-key'
  | 'access/wrong-address';

/** Status and code in place of ours, by question; everything not named stays as it is. */
export type AnswerOverrides = { readonly [Name in Question]?: Pick<ErrorAnswer, 'status' | 'code'> };

/** The answer as the overrides have it. */
export const withOverride = (overrides: AnswerOverrides, question: Question, answer: ErrorAnswer): ErrorAnswer => ({
  ...answer,
  ...overrides[question],
});

/** Those that there are, to find what a caller has meant. */
type Functions = () => readonly Pick<FunctionCounts, 'containerId' | 'identifier'>[];

/**
 * The answer to each rejection of a scheduler. A rejection without a line here does not compile.
 *
 * PARITY: the codes exist in the public description, but which failure gets which is our choice throughout; only
 * `504.not-available` for an exhausted pool is inferred from its name and from `max_queue_time`.
 */
export const toRejectionAnswer = (rejection: AnsweredRejection, functions: Functions = () => []): ErrorAnswer => {
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
        detail: `No process can have the environment variable ${quote(rejection.variable)}: ${rejection.problem}. Rename or leave it out.`,
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
