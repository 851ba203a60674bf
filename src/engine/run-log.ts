/** A piece of what a process printed. */
export type LogChunk = { readonly stream: 'stdout' | 'stderr'; readonly text: string };

/** What is kept of one run's output: the end of it. Half of what would tire a reader, and enough for any test. */
const keptCharacters = 256 * 1024;

/**
 * What one run has printed, to be read after the fact or followed while it goes on. Bounded: of a long output the
 * beginning is dropped, whole chunks at a time.
 */
export class RunLog {
  readonly #chunks: LogChunk[] = [];
  #characters = 0;
  /** How many chunks were dropped, so that a follower finds its place. */
  #dropped = 0;
  #closed = false;
  #changed = Promise.withResolvers<void>();

  append(chunk: LogChunk): void {
    this.#chunks.push(chunk);
    this.#characters += chunk.text.length;
    while (this.#characters > keptCharacters && this.#chunks.length > 1) {
      this.#characters -= this.#chunks.shift()?.text.length ?? 0;
      this.#dropped += 1;
    }
    this.#announce();
  }

  /** Nothing more will come. */
  close(): void {
    this.#closed = true;
    this.#announce();
  }

  /** All that is kept, both streams as they came. */
  get text(): string {
    return this.#chunks.map(({ text }) => text).join('');
  }

  get stdout(): string {
    return this.#textOf('stdout');
  }

  get stderr(): string {
    return this.#textOf('stderr');
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Resolves once nothing more will come. */
  async closed(): Promise<void> {
    while (!this.#closed) await this.#changed.promise;
  }

  /** What is kept, then what comes, until the run's output ends. */
  async *follow(): AsyncGenerator<LogChunk, void> {
    let next = 0;
    for (;;) {
      next = Math.max(next, this.#dropped);
      const chunk = this.#chunks[next - this.#dropped];
      if (chunk !== undefined) {
        next += 1;
        yield chunk;
      } else if (this.#closed) return;
      else await this.#changed.promise;
    }
  }

  #textOf(stream: LogChunk['stream']): string {
    return this.#chunks
      .filter((chunk) => chunk.stream === stream)
      .map(({ text }) => text)
      .join('');
  }

  #announce(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}

/** Fills a log from a process's output, which may break characters apart, and closes it when the output ends. */
export const recordOutput = async (
  log: RunLog,
  output: AsyncIterable<{ readonly stream: LogChunk['stream']; readonly data: Uint8Array }>,
): Promise<void> => {
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  try {
    for await (const { stream, data } of output) {
      const text = decoders[stream].decode(data, { stream: true });
      if (text !== '') log.append({ stream, text });
    }
  } finally {
    log.close();
  }
};
