import { randomBytes } from 'node:crypto';
import type {
  ClaimedInstance,
  ReleasedInstance,
  Result,
  SchedulerService,
  SpawnedInstance,
} from '../engine/service.ts';
import { InjectedFailure } from '../faults/injected-failure.ts';
import { toRejectionAnswer } from '../http/answers.ts';
import type { Rejection } from '../scheduler/rejections.ts';
import type { EventStream } from '../shared/events.ts';
import type { PublishedPorts } from '../shared/types.ts';
import type { Claim, ClaimOptions, EmulatedFunction, EmulatorEvent, RunningInstance } from './public-types.ts';

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
  return new InProcessClaim(parts, name, containerId, accepted(`claim ${name}`, result));
};

class InProcessClaim implements Claim {
  readonly functionName: string;
  readonly instanceId: Claim['instanceId'];
  readonly token: string;
  readonly network: Claim['network'];
  readonly #parts: Parts;
  readonly #containerId: string;

  constructor(parts: Parts, functionName: string, containerId: string, claimed: ClaimedInstance) {
    this.functionName = functionName;
    this.instanceId = claimed.instanceId;
    this.token = claimed.token;
    this.network = claimed.network;
    this.#parts = parts;
    this.#containerId = containerId;
  }

  async spawn(env: Readonly<Record<string, string>> = {}): Promise<RunningInstance> {
    const { inProcess, events } = this.#parts;
    let publishedPorts: PublishedPorts = {};
    const unsubscribe = events.subscribe((event) => {
      if (event.name === 'instance.running' && event.instanceId === this.instanceId) {
        publishedPorts = event.publishedPorts;
      }
    });
    try {
      const result = await inProcess.spawn({ ...this.#request(), variables: env });
      const spawned: SpawnedInstance = accepted(`spawn ${this.functionName}`, result);
      return { ...spawned, publishedPorts };
    } finally {
      unsubscribe();
    }
  }

  async release(): Promise<ReleasedInstance> {
    return accepted(`release ${this.functionName}`, await this.#parts.inProcess.release(this.#request()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.release();
    } catch (error) {
      // Expired, released or reset before: what disposing wants is the case. Where a fault has met it, a test wanted that.
      if (!(error instanceof SchedulerRejected || error instanceof InjectedFailure)) throw error;
    }
  }

  #request() {
    return { containerId: this.#containerId, instanceId: this.instanceId, token: this.token };
  }
}
