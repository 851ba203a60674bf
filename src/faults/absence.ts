import type { RuntimeEvent } from '../runtime/port.ts';

/**
 * Whether the container runtime can be reached, with two reasons why not: it is truly away, or a fault keeps it away.
 * Listeners get one event of an absence and one of the return, however the two overlap.
 */
export class Absence {
  readonly #emit: (event: RuntimeEvent) => void;
  #truly: string | null = null;
  #byFault: string | null = null;
  #back = Promise.withResolvers<void>();

  constructor(emit: (event: RuntimeEvent) => void) {
    this.#emit = emit;
  }

  /** Why a fault keeps the runtime away; null while none does. */
  get byFault(): string | null {
    return this.#byFault;
  }

  /** Resolves once no fault keeps the runtime away. */
  async overFault(): Promise<void> {
    while (this.#byFault !== null) await this.#back.promise;
  }

  begin(reason: string): void {
    this.#byFault = reason;
    if (this.#truly === null) this.#emit({ type: 'unavailable', reason });
  }

  end(): void {
    this.#byFault = null;
    this.#back.resolve();
    this.#back = Promise.withResolvers<void>();
    if (this.#truly === null) this.#emit({ type: 'available' });
  }

  /** What the runtime itself says. */
  hear(event: RuntimeEvent): void {
    const isPresence = event.type === 'available' || event.type === 'unavailable';
    if (isPresence) this.#truly = event.type === 'unavailable' ? event.reason : null;
    if (!isPresence || this.#byFault === null) this.#emit(event);
  }
}
