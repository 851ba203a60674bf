export type StreamName = 'stdout' | 'stderr';

/** A line as it is shown. A note is the page's own, about the output. */
export type OutputLine = { readonly stream: StreamName | 'note'; readonly text: string };

const bothStreams = ['stdout', 'stderr'] as const;
const longestLine = 2_000;

/** Colours and movements of the cursor: a page is no terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is to be found
const terminalCodes = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-Z\\^-~])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is to be found
const otherControls = /[\x00-\x08\x0a-\x1f\x7f]/g;

const toPicture = (control: string): string =>
  control === '\x7f' ? '␡' : String.fromCodePoint(0x2400 + (control.codePointAt(0) ?? 0));

/** Without colours; other control characters become visible. */
const toPlainText = (text: string): string =>
  text.replace(/\r$/, '').replaceAll(terminalCodes, '').replaceAll(otherControls, toPicture);

/** The last lines of what an instance prints, as two streams of bytes in the order in which they come. */
export class OutputLines {
  readonly #limit: number;
  #kept: OutputLine[] = [];
  /** The beginnings of lines whose ends have not come yet. */
  readonly #begun = { stdout: '', stderr: '' };
  readonly #decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  readonly #read = { stdout: 0, stderr: 0 };
  /** How many bytes that were read before come again. */
  readonly #again = { stdout: 0, stderr: 0 };
  #isParted = true;
  /** How many lines of the beginning are not kept. */
  dropped = 0;

  constructor(limit = 5_000) {
    this.#limit = limit;
  }

  append(stream: StreamName, data: Uint8Array): void {
    const known = Math.min(this.#again[stream], data.length);
    this.#again[stream] -= known;
    this.#take(stream, data.subarray(known));
  }

  /** @param bytes how many are missing here; null where that is unknown */
  miss(stream: StreamName, bytes: number | null): void {
    const known = Math.min(this.#again[stream], bytes ?? 0);
    this.#again[stream] -= known;
    if (bytes === known) return;
    this.#read[stream] += (bytes ?? 0) - known;
    this.#end(stream);
    const text =
      bytes === null
        ? `bytes of ${stream} may be missing here`
        : `${bytes - known} bytes of ${stream} are missing here`;
    this.#add([{ stream: 'note', text }]);
  }

  /** The same output is read from its beginning again. */
  readAgain(): void {
    for (const stream of bothStreams) this.#again[stream] = this.#read[stream];
  }

  /** The output of another run follows: it is parted from what is there once there is any of it. */
  beginRun(): void {
    for (const stream of bothStreams) {
      this.#end(stream);
      this.#read[stream] = 0;
      this.#again[stream] = 0;
    }
    this.#isParted = this.#kept.length === 0;
  }

  /** Those that are kept; lines that have not ended yet come last. */
  get lines(): readonly OutputLine[] {
    const begun = bothStreams.filter((stream) => this.#begun[stream] !== '');
    return [...this.#kept, ...begun.map((stream) => ({ stream, text: toPlainText(this.#begun[stream]) }))];
  }

  #take(stream: StreamName, data: Uint8Array): void {
    this.#read[stream] += data.length;
    const texts = (this.#begun[stream] + this.#decoders[stream].decode(data, { stream: true })).split('\n');
    const pieces = texts.flatMap(toPieces);
    // Cut, too: without an end it would grow for ever.
    this.#begun[stream] = pieces.pop() ?? '';
    this.#add(pieces.map((piece) => ({ stream, text: toPlainText(piece) })));
  }

  #end(stream: StreamName): void {
    const text = this.#begun[stream] + this.#decoders[stream].decode();
    this.#begun[stream] = '';
    if (text !== '') this.#add([{ stream, text: toPlainText(text) }]);
  }

  #add(lines: readonly OutputLine[]): void {
    if (lines.length === 0) return;
    if (!this.#isParted) this.#kept.push({ stream: 'note', text: 'the next run' });
    this.#isParted = true;
    this.#kept.push(...lines);
    const excess = this.#kept.length - this.#limit;
    // A tenth more at a time: moving all the others for each would be dear.
    if (excess <= this.#limit / 10) return;
    this.#kept = this.#kept.slice(excess);
    this.dropped += excess;
  }
}

const toPieces = (line: string): readonly string[] => line.match(new RegExp(`[^]{1,${longestLine}}`, 'g')) ?? [line];

/** Those of these streams that have the text in them, in any case of letters; notes always. */
export const selectLines = (
  lines: readonly OutputLine[],
  streams: readonly StreamName[],
  search: string,
): readonly OutputLine[] => {
  const wanted = search.toLowerCase();
  return lines.filter(
    ({ stream, text }) =>
      stream === 'note' || (streams.includes(stream) && (wanted === '' || text.toLowerCase().includes(wanted))),
  );
};
