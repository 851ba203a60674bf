import { atMost, Bell } from '../shared/async.ts';
import { type Followed, KeptBytes, type LogChunk, LogFollower, type Piece, type StreamName } from './kept-output.ts';
import { type LogLimits, logBytesRange } from './service.ts';

export type { LogChunk } from './kept-output.ts';

/**
 * By how much a run that is held up by a reader goes on all the same, and how often. The engine gives a process that has
 * ended two seconds to be read and drops the rest, up to what two pipes hold: 64 KiB each, behind buffers that are full.
 */
const trickle = { bytes: 131_072, everyMs: 250 };

/**
 * What one run has printed, to be read after the fact or followed while it goes on. Of a long output the end is kept. Who
 * follows gets all that comes after, and the run waits for it as for a pipe; a reader that takes nothing for too long is
 * waited for no more, and finds a mark where it has missed something.
 */
export class RunLog {
  readonly #memory: LogBudget;
  readonly #kept = new KeptBytes();
  readonly #changed = new Bell();
  readonly #followed: Followed;
  readonly #followers = new Set<LogFollower>();
  #isHurried = false;
  /** How many bytes have come since a reader last held the run up. */
  #taken = 0;
  #isRetired = false;

  constructor(memory: LogBudget) {
    this.#memory = memory;
    const { readerPatienceMs: patienceMs } = memory;
    this.#followed = { kept: this.#kept, changed: this.#changed, patienceMs, isClosed: false, isUncertain: false };
  }

  append(piece: Piece): void {
    this.#taken += piece.data.length;
    this.#kept.append(piece);
    this.#settle();
    this.#changed.ring();
  }

  /** Some of the output is lost, and how much is unknown. */
  appendLoss(): void {
    this.#followed.isUncertain = true;
    this.#changed.ring();
  }

  /** Resolves when more may come: as long as no reader is behind, at once. */
  async room(): Promise<void> {
    if (!this.#isFull()) this.#taken = 0;
    if (this.#taken < trickle.bytes) return;
    const until = performance.now() + trickle.everyMs;
    while (this.#isFull() && !this.#isHurried) {
      const leftMs = until - performance.now();
      if (leftMs <= 0) break;
      await atMost(leftMs, this.#changed.rings);
      this.#settle();
    }
    this.#taken = 0;
  }

  /** Waits for no reader any more: the process has ended, and the engine keeps the rest of its output but for a moment. */
  hurry(): void {
    this.#isHurried = true;
    this.#changed.ring();
  }

  close(): void {
    this.#followed.isClosed = true;
    this.#changed.ring();
  }

  /** The instance has another log: this one goes with its last reader. */
  retire(): void {
    this.#isRetired = true;
    this.#settle();
  }

  get size(): number {
    return this.#kept.size;
  }

  /** How many bytes have come. */
  get printedBytes(): number {
    return this.#kept.end;
  }

  /** All that is kept, both streams as they came, after a mark where the beginning is missing. */
  get text(): string {
    return this.#textOf(['stdout', 'stderr']);
  }

  get stdout(): string {
    return this.#textOf(['stdout']);
  }

  get stderr(): string {
    return this.#textOf(['stderr']);
  }

  /** How many bytes of the beginning are not kept any more; null where that is unknown. */
  get missingBytes(): number | null {
    return this.missingBytesOf('stdout', 'stderr');
  }

  missingBytesOf(...streams: readonly StreamName[]): number | null {
    return new LogFollower(this.#followed).missingBytesOf(...streams);
  }

  /** All that is kept, as it was written: of both streams as they came, or of one. */
  bytes(stream?: StreamName): Uint8Array {
    const chunks = this.read().filter((chunk) => stream === undefined || chunk.stream === stream);
    return Buffer.concat(chunks.map(({ data }) => data));
  }

  get isClosed(): boolean {
    return this.#followed.isClosed;
  }

  /** Resolves once nothing more will come. */
  async closed(): Promise<void> {
    while (!this.isClosed) await this.#changed.rings;
  }

  read(): readonly LogChunk[] {
    const chunks: LogChunk[] = [];
    const follower = new LogFollower(this.#followed);
    for (let chunk = follower.take(true); chunk !== null; chunk = follower.take(true)) chunks.push(chunk);
    return chunks;
  }

  /** What is kept when it is called, then what comes, until the run's output ends. */
  follow(): LogFollower {
    const follower: LogFollower = new LogFollower(this.#followed, () => {
      this.#followers.delete(follower);
      this.#settle();
      this.#changed.ring();
    });
    this.#followers.add(follower);
    return follower;
  }

  /** Drops so much of the beginning, as far as no reader waits for it. */
  giveUp(bytes: number): void {
    this.#shrinkTo(this.#kept.length - bytes);
  }

  /** Waits no more for the reader that is furthest behind. */
  giveUpReader(): void {
    this.#awaited()[0]?.giveUp();
  }

  /** Keeps no more than it may, and has the others know. One that is retired and unread does not come back into it. */
  #settle(): void {
    this.#shrinkTo(this.#memory.perRunBytes);
    if (this.#isRetired && this.#followers.size === 0) this.#memory.forget(this);
    else this.#memory.changed(this);
  }

  #isFull(): boolean {
    if (this.#followers.size === 0) return false;
    const { perRunBytes, isFull } = this.#memory;
    // Where memory is short for all, what is left here is what readers of this log wait for.
    return this.#kept.length > (isFull ? 0 : perRunBytes);
  }

  #shrinkTo(length: number): void {
    const excess = this.#kept.length - length;
    if (excess <= 0) return;
    const free = this.#awaited()[0]?.position ?? this.#kept.end;
    this.#kept.dropTo(Math.min(this.#kept.start + excess, free));
  }

  /** The readers that are waited for, the one that is furthest behind first. */
  #awaited(): readonly LogFollower[] {
    const awaited = [...this.#followers].filter((follower) => follower.isAwaited());
    return awaited.sort((one, other) => one.position - other.position);
  }

  #textOf(streams: readonly StreamName[]): string {
    return this.read()
      .filter(({ stream }) => streams.includes(stream))
      .map(({ text }) => text)
      .join('');
  }
}

const defaultLogBytes = 16 * 2 ** 20;

/** How far above the total readers may push the logs: a run that waits for its reader goes on by a trickle. */
const ceilingFactor = 1.25;

const defaultPatienceMs = 30_000;

/** The memory that all logs of an emulator share. Where it is short, the log that has grown least lately gives way. */
export class LogBudget {
  readonly perRunBytes: number;
  readonly readerPatienceMs: number;
  readonly #totalBytes: number;
  /** By log, the one that has grown last at the end. */
  readonly #sizes = new Map<RunLog, number>();
  #used = 0;

  constructor({
    perRunBytes = defaultLogBytes,
    totalBytes = logBytesRange.most,
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
  changed(log: RunLog): void {
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

  forget(log: RunLog): void {
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

  #note(log: RunLog): void {
    this.#used += log.size - (this.#sizes.get(log) ?? 0);
    this.#sizes.set(log, log.size);
  }
}

/** How a run went from its claim to its end. */
export type Invocation = {
  readonly instanceId: string;
  /** Null where it is unknown, for instance because the engine was away. A process that a signal ended has 128 + its number. */
  readonly exitCode: number | null;
  readonly outOfMemory: boolean;
  /** What it printed, each stream apart and both as they came; of a long output the end, after a mark that says so. */
  readonly logs: Pick<RunLog, 'stdout' | 'stderr' | 'text' | 'missingBytes'>;
  /** Real milliseconds: until the instance was claimed, from there until its process ran, and from there until it had ended. */
  readonly durationsMs: { readonly claim: number; readonly spawn: number; readonly run: number };
};
