import { randomBytes } from 'node:crypto';
import type { Engine } from '../engine/engine.ts';
import type { SchedulerEvent } from '../scheduler/commands.ts';
import { Listeners } from '../shared/events.ts';
import type { InstanceId } from '../shared/ids.ts';

/** Distinguishes the gateway's claims from those of the API, also those that an earlier process with this state file left. */
export class LinkedClaims {
  readonly #engine: Pick<Engine, 'holderOf'>;
  readonly #prefix: string;
  /** Until they are available again: an event of a run's end comes when nothing holds the instance any more. */
  readonly #marked = new Set<string>();
  readonly #resets = new Listeners<void>();

  constructor(engine: Pick<Engine, 'holderOf'>, session: string) {
    this.#engine = engine;
    this.#prefix = `linked-${session}`;
  }

  /** For one claim: with one token for all, a release that comes late would end the claim of the next caller. */
  newToken(): string {
    return `${this.#prefix}-${randomBytes(8).toString('hex')}`;
  }

  has(instanceId: InstanceId): boolean {
    return this.#engine.holderOf(instanceId)?.startsWith(this.#prefix) ?? false;
  }

  /** The event, with its origin where it is of such a claim. */
  mark(event: SchedulerEvent): SchedulerEvent & { readonly origin?: 'linked' } {
    if (!('instanceId' in event)) return event;
    const { name, instanceId } = event;
    if (this.has(instanceId)) this.#marked.add(instanceId);
    else if (name === 'instance.claimed' || name === 'instance.available') this.#marked.delete(instanceId);
    return this.#marked.has(instanceId) ? { ...event, origin: 'linked' } : event;
  }

  /** Calls the listener when all claims have been taken back, until the returned function is called. */
  onReset(listener: () => void): () => void {
    return this.#resets.add(listener);
  }

  /** All claims have been taken back, for which instances have no events. */
  reset(): void {
    this.#marked.clear();
    this.#resets.emit();
  }
}
