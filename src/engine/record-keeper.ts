import { toMessage } from '../errors.ts';
import type { Effect } from '../scheduler/commands.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { Ledger } from './ledger.ts';

/** Sees to it that nothing is promised to a caller, and nothing started, before the ledger, if there is one, has kept it. */
export class RecordKeeper {
  readonly #scheduler: Scheduler;
  readonly #ledger: Ledger | undefined;
  #isHolding = false;

  constructor(scheduler: Scheduler, ledger: Ledger | undefined) {
    this.#scheduler = scheduler;
    this.#ledger = ledger;
  }

  /**
   * Keeps what the scheduler's latest command has changed, and answers the effects that may be carried out for it.
   * Changes that could not be kept remain, and are kept with the next ones.
   */
  keep(effects: readonly Effect[], now: number): readonly Effect[] {
    if (this.#isHolding) return effects;
    try {
      const changes = this.#ledger === undefined ? [] : this.#scheduler.changes;
      if (changes.length > 0) this.#ledger?.write(changes, now);
    } catch (error) {
      const reason = toMessage(error);
      return effects.flatMap((effect) => this.#unkept(effect, reason, now));
    }
    this.#scheduler.changesAreKept();
    return effects;
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
   * What is done all the same. A run that has begun was kept as one that starts, and one that is released ends whatever
   * the ledger says, so their callers hear of it; but a crash would undo a claim, and leave a start unknown.
   */
  #unkept(effect: Effect, reason: string, now: number): readonly Effect[] {
    if (effect.type === 'start') {
      const { instanceId, body } = effect;
      // As if nobody could be asked to start it: that is no fault of the body's either.
      const failure = { type: 'start-failed', instanceId, body, reason, engineAway: true } as const;
      return this.keep(this.#scheduler.apply(failure, now), now);
    }
    if (effect.type === 'reply' && effect.reply.type === 'claimed') {
      // The claim itself goes back to the pool when its lease ends, as that of a caller who went away.
      return [{ ...effect, reply: { type: 'rejected', rejection: { name: 'not-ready', reason } } }];
    }
    return [effect];
  }
}
