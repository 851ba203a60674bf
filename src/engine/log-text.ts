import type { StreamName } from './kept-bytes.ts';

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

const longestCharacterBytes = 4;

/** Makes chunks of one reader's pieces. Text is decoded here and nowhere else. */
export class LogReader {
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
