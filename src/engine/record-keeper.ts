import { toMessage } from '../errors.ts';
import type { Effect } from '../scheduler/commands.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { Ledger } from './ledger.ts';

/** Sees to it that nothing is promised to a caller before the ledger, if there is one, has kept it. */
export class RecordKeeper {
  readonly #scheduler: Scheduler;
  readonly #ledger: Ledger | undefined;

  constructor(scheduler: Scheduler, ledger: Ledger | undefined) {
    this.#scheduler = scheduler;
    this.#ledger = ledger;
  }

  /**
   * Keeps what the scheduler's latest command has changed, and answers the effects that may be carried out for it.
   * Changes that could not be kept remain, and are kept with the next ones.
   */
  keep(effects: readonly Effect[], now: number): readonly Effect[] {
    try {
      const changes = this.#ledger === undefined ? [] : this.#scheduler.changes;
      if (changes.length > 0) this.#ledger?.write(changes, now);
    } catch (error) {
      const reason = toMessage(error);
      return effects.map((effect) => withoutPromise(effect, reason));
    }
    this.#scheduler.changesAreKept();
    return effects;
  }
}

/** The claim itself goes back to the pool when its lease ends, as that of a caller who went away. */
const withoutPromise = (effect: Effect, reason: string): Effect =>
  effect.type === 'reply' && effect.reply.type !== 'rejected'
    ? { ...effect, reply: { type: 'rejected', rejection: { name: 'not-ready', reason } } }
    : effect;
