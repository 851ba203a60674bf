import type { ResumeRequest } from '../runtime/port.ts';
import type { Command, Effect } from '../scheduler/commands.ts';
import { type Change, fits, type InstanceRecord, mayRun } from '../scheduler/records.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { Clock } from '../shared/clock.ts';
import { toMessage } from '../shared/errors.ts';
import type { ContainerManager } from './container-manager.ts';
import type { FunctionSetup, StateStore } from './service.ts';

/** What may be done of what a command has asked for, and the commands that undo what may not. */
type Kept = { readonly effects: readonly Effect[]; readonly undoing: readonly Command[] };

/** Promises nothing to a caller, and starts nothing, before the store has kept it. */
export class Persistence {
  readonly #scheduler: Scheduler;
  readonly #store: StateStore;
  readonly #clock: Clock;
  #isHolding = false;

  constructor(scheduler: Scheduler, store: StateStore, clock: Clock) {
    this.#scheduler = scheduler;
    this.#store = store;
    this.#clock = clock;
  }

  /** Adds the pools, their instances as the store knows them, and answers what is to be done for them. */
  async resume(functions: readonly FunctionSetup[], containers: ContainerManager): Promise<readonly Effect[]> {
    const { kept, dropped } = sortOut(this.#store.records, functions);
    const resumed = await containers.resume(kept.flatMap(toResumeRequests));
    const now = this.#clock.now();
    const effects = kept.flatMap(({ spec, records }) => {
      const restored = records.map((record) => ({ record, run: resumed.get(record.instanceId)?.run ?? null }));
      return this.#scheduler.addPool(spec.pool, now, restored);
    });
    this.#write(dropped.map(({ instanceId }) => ({ instanceId, record: null })));
    for (const [instanceId, run] of resumed) {
      containers.followResumed(instanceId, this.#scheduler.instance(instanceId)?.generation ?? 0, run);
    }
    return effects;
  }

  /**
   * Keeps what the scheduler's latest command has changed. Changes that could not be kept remain, and are kept with the
   * next ones.
   */
  keep(effects: readonly Effect[]): Kept {
    const mustWrite = !this.#isHolding && this.#scheduler.changes.length > 0;
    const failure = mustWrite ? this.#tryToWrite() : null;
    if (failure === null) return { effects, undoing: [] };
    const results = effects.map((effect) => compensate(effect, failure));
    return { effects: results.flatMap((kept) => kept.effects), undoing: results.flatMap((kept) => kept.undoing) };
  }

  /** Why nothing could be kept now; null where all could. The store is asked, and keeps what it could not keep before. */
  findFailure(): string | null {
    return this.#isHolding ? null : this.#tryToWrite();
  }

  /** Keeps nothing of what changes from now on, until `keepHeld`. */
  hold(): void {
    this.#isHolding = true;
  }

  keepHeld(): void {
    this.#isHolding = false;
    this.keep([]);
  }

  #tryToWrite(): string | null {
    try {
      this.#write();
      return null;
    } catch (error) {
      return toMessage(error);
    }
  }

  #write(before: readonly Change[] = []): void {
    this.#store.write([...before, ...this.#scheduler.changes], this.#clock.now());
    this.#scheduler.changesAreKept();
  }
}

/**
 * What is done of an effect that the store could not keep. A start and the grant of a claim are undone: after a crash the
 * next engine would not know of them. All else is done: a run that has begun was kept as one that starts, and a release
 * ends its run in any case.
 */
const compensate = (effect: Effect, reason: string): Kept => {
  if (effect.type === 'start') {
    const { instanceId, generation } = effect;
    // As if the runtime were away: that is no fault of the container's either.
    return { effects: [], undoing: [{ type: 'start-failed', instanceId, generation, reason, engineAway: true }] };
  }
  if (effect.type === 'reply' && effect.reply.type === 'claimed') {
    const { ticket, reply } = effect;
    const refusal = { type: 'rejected', rejection: { name: 'not-ready', reason } } as const;
    return {
      effects: [{ type: 'reply', ticket, reply: refusal }],
      undoing: [{ type: 'take-back', instanceId: reply.instanceId, reason }],
    };
  }
  return { effects: [effect], undoing: [] };
};

type FunctionRecords = { readonly spec: FunctionSetup; readonly records: readonly InstanceRecord[] };

/** The records of each function's instances, and those of instances that no function has a place for. */
export const sortOut = (records: readonly InstanceRecord[], functions: readonly FunctionSetup[]) => {
  const sorted = Map.groupBy(records, (record) => functions.find(({ pool }) => fits(record, pool)));
  const kept = functions.map((spec): FunctionRecords => ({ spec, records: sorted.get(spec) ?? [] }));
  return { kept, dropped: sorted.get(undefined) ?? [] };
};

/** What to ask the runtime for: the containers whose process may run. */
const toResumeRequests = ({ spec, records }: FunctionRecords): readonly ResumeRequest[] =>
  records.filter(mayRun).map(({ instanceId, seed, state }) => ({
    spec: spec.describeInstance(instanceId, seed).container,
    wasStarted: state.name !== 'starting',
  }));
