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
  readonly #dropped = { stdout: 0, stderr: 0 };

  /** The position of the oldest byte that is kept. */
  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  /** How many bytes of each stream are not kept any more. */
  get dropped(): Readonly<Record<StreamName, number>> {
    return this.#dropped;
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
      this.#dropped[piece.stream] += length;
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
