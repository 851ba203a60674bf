import type { ResumedRun, ResumeRequest } from '../runtime/port.ts';
import type { Effect, Reply } from '../scheduler/commands.ts';
import type { Ticket } from '../scheduler/pool.ts';
import { type Change, fits, type InstanceRecord, mayRun, type Restored } from '../scheduler/records.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { toMessage } from '../shared/errors.ts';
import type { InstanceId } from '../shared/ids.ts';
import type { FunctionSetup, StateStore } from './service.ts';

/** Promises nothing to a caller, and starts nothing, before the store, if there is one, has kept it. */
export class Persistence {
  readonly #scheduler: Scheduler;
  readonly #store: StateStore | undefined;
  #isHolding = false;

  constructor(scheduler: Scheduler, store: StateStore | undefined) {
    this.#scheduler = scheduler;
    this.#store = store;
  }

  /**
   * Keeps what the scheduler's latest command has changed, and answers the effects that may be carried out for it.
   * Changes that could not be kept remain, and are kept with the next ones.
   */
  keep(effects: readonly Effect[], now: number): readonly Effect[] {
    if (this.#isHolding) return effects;
    const changes = this.#store === undefined ? [] : this.#scheduler.changes;
    const failure = changes.length === 0 ? null : this.#write(changes, now);
    if (failure !== null) return effects.flatMap((effect) => this.#unkept(effect, failure, now));
    this.#scheduler.changesAreKept();
    return effects;
  }

  /** Why nothing could be kept now; null where all could. The store is asked, and keeps what it could not keep before. */
  findFailure(now: number): string | null {
    if (this.#isHolding || this.#store === undefined) return null;
    const failure = this.#write(this.#scheduler.changes, now);
    if (failure === null) this.#scheduler.changesAreKept();
    return failure;
  }

  /** Keeps nothing of what changes from now on, until `keepHeld`. */
  hold(): void {
    this.#isHolding = true;
  }

  keepHeld(now: number): void {
    this.#isHolding = false;
    this.keep([], now);
  }

  /**
   * What is done all the same. A run that has begun was kept as one that starts, and one that is released ends against
   * any failure of the store, so their callers are answered; but a crash would undo a claim, and leave a start unknown.
   */
  #unkept(effect: Effect, reason: string, now: number): readonly Effect[] {
    if (effect.type === 'start') {
      const { instanceId, generation } = effect;
      // As if the runtime were away: that is no fault of the container's either.
      const failure = { type: 'start-failed', instanceId, generation, reason, engineAway: true } as const;
      return this.keep(this.#scheduler.apply(failure, now), now);
    }
    if (effect.type === 'reply' && effect.reply.type === 'claimed') {
      const refusal = { type: 'rejected', rejection: { name: 'not-ready', reason } } as const;
      return [{ ...effect, reply: refusal }, ...this.#takeBack(effect.reply, reason, now)];
    }
    return [effect];
  }

  /** The instance is free again at once. Those in line would be granted it, and be refused one after the other. */
  #takeBack({ instanceId, token }: Claimed, reason: string, now: number): readonly Effect[] {
    const containerId = this.#scheduler.instance(instanceId)?.containerId ?? '';
    return [
      ...this.#scheduler.apply({ type: 'dismiss', reason }, now),
      ...this.#scheduler.apply({ type: 'release', ticket: noTicket, containerId, instanceId, token }, now),
    ];
  }

  /** Answers why it failed; null where it did not. */
  #write(changes: readonly Change[], now: number): string | null {
    try {
      this.#store?.write(changes, now);
      return null;
    } catch (error) {
      return toMessage(error);
    }
  }
}

type Claimed = Extract<Reply, { type: 'claimed' }>;

/** Of a request that no caller has made: its answer goes nowhere. */
const noTicket: Ticket = 0;

/** Which records are of instances that the functions have. */
export const sortOut = (records: readonly InstanceRecord[], functions: readonly FunctionSetup[]) => {
  const hasPlace = (record: InstanceRecord): boolean => functions.some(({ pool }) => fits(record, pool));
  return { kept: records.filter(hasPlace), dropped: records.filter((record) => !hasPlace(record)) };
};

/** What to ask the runtime for: the containers whose process may run. */
export const toResumeRequests = (
  kept: readonly InstanceRecord[],
  functions: readonly FunctionSetup[],
): readonly ResumeRequest[] =>
  functions.flatMap(({ pool, describeInstance }) =>
    kept
      .filter((record) => fits(record, pool) && mayRun(record))
      .map(({ instanceId, seed, state }) => ({
        spec: describeInstance(instanceId, seed).container,
        wasStarted: state.name !== 'starting',
      })),
  );

/** The records of one function's instances, each with the run that was found of it. */
export const toRestored = (
  kept: readonly InstanceRecord[],
  { pool }: FunctionSetup,
  resumed: ReadonlyMap<InstanceId, ResumedRun>,
): readonly Restored[] =>
  kept
    .filter((record) => fits(record, pool))
    .map((record) => ({ record, run: resumed.get(record.instanceId)?.run ?? null }));
