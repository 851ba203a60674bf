/** What can keep callers out, the weightiest first: it is the reason in their answer. */
const bars = ['closing', 'runtime', 'pools'] as const;
type Bar = (typeof bars)[number];

/** Says whether callers are admitted, and if not, why. Shut from the start, until the pools are made. */
export class Admission {
  readonly #reasons = new Map<Bar, string>([['pools', 'the pools are still being made']]);

  /** Why no caller is admitted; null while callers are. */
  get reason(): string | null {
    for (const bar of bars) {
      const reason = this.#reasons.get(bar);
      if (reason !== undefined) return reason;
    }
    return null;
  }

  shut(bar: Bar, reason: string): void {
    this.#reasons.set(bar, reason);
  }

  open(bar: Bar): void {
    this.#reasons.delete(bar);
  }
}
