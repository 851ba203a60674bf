import type { RuntimeEvent } from '../port.ts';

/** Knows when the engine was away. */
export class Outages {
  #count = 0;
  #isAway = false;
  #over = Promise.withResolvers<void>();

  on({ type }: RuntimeEvent): void {
    if (type === 'unavailable') {
      this.#count += 1;
      this.#isAway = true;
    } else if (type === 'available') {
      this.#isAway = false;
      this.#over.resolve();
      this.#over = Promise.withResolvers<void>();
    }
  }

  /** Whether the engine is away now or goes away before the run ends. Answers when it is back, or when the run has ended. */
  async anyBefore(exited: Promise<unknown>): Promise<boolean> {
    const past = this.#count - (this.#isAway ? 1 : 0);
    await Promise.race([exited, this.#over.promise]);
    return this.#count > past;
  }
}
