import { EmulatorError, errorCodes } from '../shared/errors.ts';
import type { FaultOperation, RequestEffect } from '../stack/stack-faults.ts';

/** What a request meets in place of its answer. */
export type Failure = Exclude<RequestEffect, { readonly type: 'delay' }>;

/** A fault that is set on requests has met a call in this process. */
export class InjectedFailure extends EmulatorError {
  readonly faultId: string;
  /** What an HTTP client would have met in its place. */
  readonly effect: Failure;

  constructor(operation: FaultOperation, { id, effect }: { readonly id: string; readonly effect: Failure }) {
    const fault = `fault ${JSON.stringify(id)}`;
    const attempt = operation.replace('-', ' ');
    const place = operation === 'reach' || operation === 'pass-on' ? 'function' : 'scheduler';
    super(
      errorCodes.faultInjected,
      `Failed to ${attempt}: ${fault} ${describe(effect, place)}. Remove the fault to go on.`,
    );
    this.faultId = id;
    this.effect = effect;
  }
}

/** Whether the scheduler does what it was asked for, though its caller gets no answer. */
export const isDone = (effect: Failure): boolean =>
  effect.type === 'malformed' || (effect.type === 'reset' && effect.when === 'after');

const describe = (effect: Failure, place: 'scheduler' | 'function'): string => {
  switch (effect.type) {
    case 'error':
      return `answers ${effect.code} in the ${place}'s place, which has done nothing`;
    case 'reset':
      return `breaks the connection ${isDone(effect) ? 'after all was done' : 'before anything is done'}`;
    case 'malformed':
      return 'damages the answer after all was done';
    case 'breakOff':
      return `breaks off the answer after ${effect.bytes} bytes`;
  }
};
