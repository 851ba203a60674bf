import type { Bell } from '../shared/async.ts';
import type { KeptBytes, StreamName } from './kept-bytes.ts';

/** A piece of what a process printed, or a mark that some of it is missing here. */
export type LogChunk = {
  readonly stream: StreamName;
  /** What was written, byte for byte; nothing in a mark. */
  readonly data: Uint8Array;
  /** The same as text: a character that two pieces share stands whole in the later one. A mark says what is missing. */
  readonly text: string;
  /** Set in marks alone: how many bytes of the stream are missing here; null where that is unknown. */
  readonly missingBytes?: number | null;
};

/** What a log and its followers share. */
export type Followed = {
  readonly kept: KeptBytes;
  /** Rings when there is anything new, and when a follower has moved. */
  readonly changed: Bell;
  /** How long the run waits for a reader that takes nothing. */
  readonly patienceMs: number;
  isClosed: boolean;
  /** Whether output is lost, and how much is unknown. */
  isUncertain: boolean;
};

/** One reader of a log, and how far it has come. Counts from when it was made, not from its first `next`. */
export class LogFollower implements AsyncGenerator<LogChunk, void> {
  readonly #log: Followed;
  readonly #leave: () => void;
  readonly #reader = new LogReader();
  readonly #passed = { stdout: 0, stderr: 0 };
  #position: number;
  #knowsOfLoss = false;
  /** Marks, and at the end characters that were never finished. */
  readonly #waiting: LogChunk[] = [];
  #asks = 0;
  #tookAt = performance.now();
  #isAwaited = true;
  #hasLeft = false;

  constructor(log: Followed, leave: () => void = () => {}) {
    this.#log = log;
    this.#leave = leave;
    this.#position = log.kept.start;
  }

  get position(): number {
    return this.#position;
  }

  /** Whether what it has not read must be kept. One that was given up on gets what there is. */
  isAwaited(): boolean {
    const isBehind = this.#asks === 0 && this.#position < this.#log.kept.end;
    if (isBehind && performance.now() - this.#tookAt > this.#log.patienceMs) this.#isAwaited = false;
    return this.#isAwaited;
  }

  /** From now on it gets what there is. */
  giveUp(): void {
    this.#isAwaited = false;
  }

  /** How many bytes of the streams it has missed and has no mark of yet; null where that is unknown. */
  missingBytesOf(...streams: readonly StreamName[]): number | null {
    if (this.#log.isUncertain) return null;
    return streams.reduce((sum, stream) => sum + this.#missed(stream), 0);
  }

  /** What comes next of what is there; null where nothing is. At the end, characters that were never finished count, too. */
  take(isAtEnd: boolean): LogChunk | null {
    const { kept } = this.#log;
    this.#findGaps();
    const mark = this.#waiting.shift();
    if (mark !== undefined) return mark;
    const piece = kept.pieceAt(this.#position);
    if (piece === null) {
      if (isAtEnd) this.#waiting.push(...this.#reader.toLastChunks());
      return this.#waiting.shift() ?? null;
    }
    this.#position += piece.data.length;
    this.#passed[piece.stream] += piece.data.length;
    return this.#reader.toChunk(piece);
  }

  async next(): Promise<IteratorResult<LogChunk, void>> {
    this.#asks += 1;
    try {
      while (!this.#hasLeft) {
        const { isClosed, changed } = this.#log;
        const value = this.take(isClosed);
        if (value !== null) return { done: false, value };
        if (isClosed) break;
        await changed.rings;
      }
      return await this.return();
    } finally {
      this.#asks -= 1;
      this.#tookAt = performance.now();
      this.#log.changed.ring();
    }
  }

  return(): Promise<IteratorResult<LogChunk, void>> {
    if (!this.#hasLeft) {
      this.#hasLeft = true;
      this.#leave();
    }
    return Promise.resolve({ done: true, value: undefined });
  }

  async throw(error: unknown): Promise<IteratorResult<LogChunk, void>> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** What was dropped before it was read. */
  #findGaps(): void {
    const { kept } = this.#log;
    this.#position = Math.max(this.#position, kept.start);
    for (const stream of ['stdout', 'stderr'] as const) {
      const missing = this.#missed(stream);
      if (this.#log.isUncertain && !this.#knowsOfLoss) this.#waiting.push(this.#reader.toMark(stream, null));
      if (missing === 0) continue;
      this.#passed[stream] += missing;
      this.#waiting.push(this.#reader.toMark(stream, missing));
    }
    this.#knowsOfLoss = this.#log.isUncertain;
  }

  #missed(stream: StreamName): number {
    return Math.max(this.#log.kept.dropped[stream] - this.#passed[stream], 0);
  }
}

const longestCharacterBytes = 4;

/** Makes chunks of one reader's pieces. Text is decoded here and nowhere else. */
class LogReader {
  readonly #decoders = { stdout: createDecoder(), stderr: createDecoder() };
  /** After a gap, the rest of a character whose beginning is missing is no text. */
  readonly #isTorn = { stdout: false, stderr: false };
  #isAtLineStart = true;

  toChunk({ stream, data }: Pick<LogChunk, 'stream' | 'data'>): LogChunk {
    const text = this.#decoders[stream].decode(this.#isTorn[stream] ? afterTornCharacter(data) : data, more);
    this.#isTorn[stream] = false;
    if (text !== '') this.#isAtLineStart = text.endsWith('\n');
    return { stream, data, text };
  }

  toMark(stream: StreamName, missingBytes: number | null): LogChunk {
    const half = this.#decoders[stream].decode();
    const isOnLineOfItsOwn = this.#isAtLineStart && half === '';
    this.#isTorn[stream] = true;
    this.#isAtLineStart = true;
    const text = `${half}${isOnLineOfItsOwn ? '' : '\n'}${describeMissing(stream, missingBytes)}\n`;
    return { stream, data: new Uint8Array(), text, missingBytes };
  }

  /** What is left at the end of the output: characters that were never finished. */
  toLastChunks(): readonly LogChunk[] {
    return (['stdout', 'stderr'] as const).flatMap((stream) => {
      const text = this.#decoders[stream].decode();
      return text === '' ? [] : [{ stream, data: new Uint8Array(), text }];
    });
  }
}

const more = { stream: true } as const;

/** A byte order mark is part of what was printed. */
const createDecoder = () => new TextDecoder('utf-8', { ignoreBOM: true });

const afterTornCharacter = (data: Uint8Array): Uint8Array => {
  const first = data.findIndex((byte) => (byte & 0xc0) !== 0x80);
  return first < 0 || first >= longestCharacterBytes ? data : data.subarray(first);
};

/** As it stands in the text of a log that has lost some of its output. */
const describeMissing = (stream: StreamName, missingBytes: number | null): string =>
  missingBytes === null
    ? `[cycle-scheduler: bytes of ${stream} may be missing here, how many is unknown]`
    : `[cycle-scheduler: ${missingBytes} bytes of ${stream} are missing here]`;
