import type { Bell } from '../shared/async.ts';

export type StreamName = 'stdout' | 'stderr';

export type Piece = { readonly stream: StreamName; readonly data: Uint8Array };

type Block = { readonly start: number; readonly bytes: Buffer };

/** Blocks grow with the output: many functions print a line or two, and some a gigabyte. */
const smallestBlockBytes = 1_024;
const largestBlockBytes = 65_536;

/** What it costs to remember that the other stream goes on. */
const turnBytes = 8;

/**
 * The bytes of two streams in the order in which they came, of which the oldest can be dropped. A position is the number
 * of bytes before it since the beginning, dropped ones too; what a reader was given is never overwritten.
 */
export class KeptBytes {
  readonly #blocks: Block[] = [];
  /** Where the other stream goes on. Before the first of them it is stdout, as long as none was dropped. */
  readonly #turns: number[] = [];
  #first: StreamName = 'stdout';
  #last: StreamName = 'stdout';
  #start = 0;
  #end = 0;
  /** How many bytes of each stream are not kept any more. */
  readonly dropped: Record<StreamName, number> = { stdout: 0, stderr: 0 };

  /** The position of the oldest byte that is kept. */
  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  get length(): number {
    return this.#end - this.#start;
  }

  /** How much memory is in use: where the streams take turns, that costs, too. */
  get size(): number {
    return this.length + this.#turns.length * turnBytes;
  }

  append({ stream, data }: Piece): void {
    if (data.length === 0) return;
    if (stream !== this.#last) this.#turns.push(this.#end);
    this.#last = stream;
    for (let taken = 0; taken < data.length; ) {
      const { start, bytes } = this.#blockWithRoom();
      const at = this.#end - start;
      const part = data.subarray(taken, taken + bytes.length - at);
      bytes.set(part, at);
      taken += part.length;
      this.#end += part.length;
    }
  }

  /** What was printed at a position and after it, as far as it lies together; null at the end. */
  pieceAt(position: number): Piece | null {
    const block = this.#blocks.findLast(({ start }) => start <= position);
    if (block === undefined || position >= this.#end) return null;
    const turns = this.#turnsUpTo(position);
    const end = Math.min(this.#turns[turns] ?? this.#end, block.start + block.bytes.length, this.#end);
    return { stream: this.#streamAfter(turns), data: block.bytes.subarray(position - block.start, end - block.start) };
  }

  /** Drops what lies before a position. */
  dropTo(position: number): void {
    for (let piece = this.pieceAt(this.#start); piece !== null && this.#start < position; ) {
      const length = Math.min(piece.data.length, position - this.#start);
      this.dropped[piece.stream] += length;
      this.#start += length;
      piece = this.pieceAt(this.#start);
    }
    const turns = this.#turnsUpTo(this.#start);
    this.#first = this.#streamAfter(turns);
    this.#turns.splice(0, turns);
    const kept = this.#blocks.findLastIndex(({ start }) => start <= this.#start);
    this.#blocks.splice(0, Math.max(kept, 0));
  }

  #blockWithRoom(): Block {
    const last = this.#blocks.at(-1);
    if (last !== undefined && this.#end < last.start + last.bytes.length) return last;
    const size = Math.min(Math.max(smallestBlockBytes, (last?.bytes.length ?? 0) * 2), largestBlockBytes);
    const block = { start: this.#end, bytes: Buffer.allocUnsafeSlow(size) };
    this.#blocks.push(block);
    return block;
  }

  #streamAfter(turns: number): StreamName {
    const isFirst = turns % 2 === 0;
    return isFirst === (this.#first === 'stdout') ? 'stdout' : 'stderr';
  }

  /** How many turns lie at the position or before it. */
  #turnsUpTo(position: number): number {
    let low = 0;
    let high = this.#turns.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#turns[middle] ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

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
    if (this.#waiting.length > 0) return this.#waiting.shift() ?? null;
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

  toChunk({ stream, data }: Piece): LogChunk {
    const readable = this.#isTorn[stream] ? afterTornCharacter(data) : data;
    const text = this.#decoders[stream].decode(readable, { stream: true });
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
