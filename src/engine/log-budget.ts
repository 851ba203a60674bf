import { inspect } from 'node:util';
import { EmulatorError, errorCodes } from '../errors.ts';

/** What a log looks like to those who share memory with it. */
type Shrinkable = {
  readonly size: number;
  /** Drops so much of its beginning, as far as it may. */
  giveUp(bytes: number): void;
};

export type LogLimits = {
  /** How much of one run's output is kept; `defaultLogBytes` without it. */
  readonly perRunBytes?: number | undefined;
  readonly totalBytes?: number;
  readonly readerPatienceMs?: number;
};

const defaultLogBytes = 16 * 2 ** 20;

/** Over all runs together. */
export const totalLogBytes = 256 * 2 ** 20;

/** Enough for the last lines of a failure. */
export const leastLogBytes = 65_536;

/**
 * How much of one run's output is kept, by whichever door it came in.
 *
 * @throws EmulatorError `badOption`
 */
export const parseLogBytes = (value: unknown): number => {
  const bytes = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof bytes === 'number' && Number.isInteger(bytes) && bytes >= leastLogBytes && bytes <= totalLogBytes) {
    return bytes;
  }
  throw new EmulatorError(
    errorCodes.badOption,
    `Failed to read how much output to keep: got ${inspect(value)}. Give a whole number of bytes from ${leastLogBytes} to ${totalLogBytes}, which is 256 MiB.`,
  );
};

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
  }

  forget(log: Shrinkable): void {
    this.#used -= this.#sizes.get(log) ?? 0;
    this.#sizes.delete(log);
  }

  #note(log: Shrinkable): void {
    this.#used += log.size - (this.#sizes.get(log) ?? 0);
    this.#sizes.set(log, log.size);
  }
}
