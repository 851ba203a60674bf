/** What a log looks like to those who share memory with it. */
type Shrinkable = {
  readonly size: number;
  /** Drops so much of its beginning, as far as it may. */
  giveUp(bytes: number): void;
  /** Waits no more for the reader that is furthest behind. */
  giveUpReader(): void;
};

export type LogLimits = {
  /** How much of one run's output is kept; `defaultLogBytes` without it. */
  readonly perRunBytes?: number | undefined;
  readonly totalBytes?: number;
  readonly readerPatienceMs?: number;
};

const defaultLogBytes = 16 * 2 ** 20;

/** Over all runs together. */
const totalLogBytes = 256 * 2 ** 20;

/** How far above the total readers may push the logs: a run that waits for its reader goes on by a trickle. */
const ceilingFactor = 1.25;

/** How many bytes of one run's output may be kept: the least is enough for the last lines of a failure. */
export const logBytesRange = { least: 65_536, most: totalLogBytes } as const;

/** How long a run waits for a reader that takes nothing. */
const defaultPatienceMs = 30_000;

/** The memory that all logs of an emulator share. Where it is short, the log that has grown least lately gives way. */
export class LogBudget {
  readonly perRunBytes: number;
  readonly readerPatienceMs: number;
  readonly #totalBytes: number;
  /** By log, the one that has grown last at the end. */
  readonly #sizes = new Map<Shrinkable, number>();
  #used = 0;

  constructor({
    perRunBytes = defaultLogBytes,
    totalBytes = totalLogBytes,
    readerPatienceMs = defaultPatienceMs,
  }: LogLimits = {}) {
    this.perRunBytes = perRunBytes;
    this.readerPatienceMs = readerPatienceMs;
    this.#totalBytes = totalBytes;
  }

  /** Whether readers keep more than there is room for. */
  get isFull(): boolean {
    return this.#used > this.#totalBytes;
  }

  /** To be called whenever a log has grown or shrunk by itself. */
  changed(log: Shrinkable): void {
    const before = this.#sizes.get(log) ?? 0;
    if (log.size > before) this.forget(log);
    this.#note(log);
    for (const other of this.#sizes.keys()) {
      if (!this.isFull) return;
      other.giveUp(this.#used - this.#totalBytes);
      this.#note(other);
    }
    while (this.#used > this.#totalBytes * ceilingFactor) this.#giveUpLargest();
  }

  forget(log: Shrinkable): void {
    this.#used -= this.#sizes.get(log) ?? 0;
    this.#sizes.delete(log);
  }

  /** Where memory is short, a log holds what its readers have not read, and the largest has the slowest of them. */
  #giveUpLargest(): void {
    const [largest] = [...this.#sizes.keys()].sort((one, other) => other.size - one.size);
    if (largest === undefined) return;
    largest.giveUpReader();
    largest.giveUp(this.#used - this.#totalBytes);
    this.#note(largest);
  }

  #note(log: Shrinkable): void {
    this.#used += log.size - (this.#sizes.get(log) ?? 0);
    this.#sizes.set(log, log.size);
  }
}
