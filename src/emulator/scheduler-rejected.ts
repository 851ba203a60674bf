import type { Outcome } from '../engine/service.ts';
import { toRejectionAnswer } from '../http/rejection-answers.ts';
import type { Rejection } from '../scheduler/rejections.ts';

/** The scheduler said no: `rejection.name` says why, for instance `claim-expired`, and the message what to do. */
export class SchedulerRejected extends Error {
  override readonly name = 'SchedulerRejected';
  readonly rejection: Rejection;

  /** @param attempt what was tried, for instance `claim hello` */
  constructor(attempt: string, rejection: Rejection) {
    super(`Failed to ${attempt}: ${describe(rejection)}`);
    this.rejection = rejection;
  }
}

const describe = (rejection: Rejection): string =>
  rejection.name === 'caller-gone'
    ? 'the caller left the line. Wait longer before giving up.'
    : (toRejectionAnswer(rejection).detail ?? rejection.name);

/** The outcome's value; throws SchedulerRejected where there is none. */
export const accepted = <Value>(attempt: string, outcome: Outcome<Value>): Value => {
  if (outcome.ok) return outcome.value;
  throw new SchedulerRejected(attempt, outcome.rejection);
};
