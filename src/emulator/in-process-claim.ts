import { randomBytes } from 'node:crypto';
import type { ReleasedInstance, Result, SchedulerService } from '../engine/service.ts';
import { InjectedFailure } from '../faults/injected-failure.ts';
import { toRejectionAnswer } from '../http/answers.ts';
import type { Rejection } from '../scheduler/rejections.ts';
import type { EventStream } from '../shared/events.ts';
import type { PublishedPorts } from '../shared/types.ts';
import type { Claim, ClaimOptions, EmulatedFunction, EmulatorEvent } from './public-types.ts';

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
const accepted = <Value>(attempt: string, result: Result<Value>): Value => {
  if (result.ok) return result.value;
  throw new SchedulerRejected(attempt, result.rejection);
};

type Parts = { readonly inProcess: SchedulerService; readonly events: EventStream<EmulatorEvent> };

const never = new AbortController().signal;

/** Claims an instance of the function in this process, without HTTP. */
export const claimInstance = async (
  parts: Parts,
  { name, id: containerId }: Pick<EmulatedFunction, 'name' | 'id'>,
  { token = randomBytes(12).toString('hex'), signal = never }: ClaimOptions = {},
): Promise<Claim> => {
  const result = await parts.inProcess.claim({ containerId, token, signal });
  // The signal's reason says more than the abort itself; an instance granted at that moment goes back.
  if (signal.aborted && result.ok) await parts.inProcess.release({ containerId, ...result.value });
  signal.throwIfAborted();
  const claimed = accepted(`claim ${name}`, result);
  const request = { containerId, instanceId: claimed.instanceId, token: claimed.token };
  const release = async (): Promise<ReleasedInstance> =>
    accepted(`release ${name}`, await parts.inProcess.release(request));
  return {
    ...claimed,
    functionName: name,
    spawn: async (env = {}) => {
      let publishedPorts: PublishedPorts = {};
      const unsubscribe = parts.events.subscribe((event) => {
        if (event.name === 'instance.running' && event.instanceId === claimed.instanceId) {
          publishedPorts = event.publishedPorts;
        }
      });
      try {
        const spawned = accepted(`spawn ${name}`, await parts.inProcess.spawn({ ...request, variables: env }));
        return { ...spawned, publishedPorts };
      } finally {
        unsubscribe();
      }
    },
    release,
    [Symbol.asyncDispose]: async () => {
      try {
        await release();
      } catch (error) {
        // Expired, released or reset before: what disposing wants is the case. Where a fault has met it, a test wanted that.
        if (!(error instanceof SchedulerRejected || error instanceof InjectedFailure)) throw error;
      }
    },
  };
};
