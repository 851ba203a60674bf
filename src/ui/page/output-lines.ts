export const bothStreams = ['stdout', 'stderr'] as const;
export type StreamName = (typeof bothStreams)[number];

/** A line as it is shown. A note is the page's own, about the output. */
export type OutputLine = { readonly stream: StreamName | 'note'; readonly text: string };

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

const newStream = () => ({
  /** The beginning of a line whose end has not come yet. */
  begun: '',
  decoder: new TextDecoder(),
  read: 0,
  /** How many bytes that were read before come again. */
  again: 0,
});

/** The last lines of what an instance prints, as two streams of bytes in the order in which they come. */
export class OutputLines {
  readonly #limit: number;
  #kept: OutputLine[] = [];
  readonly #streams = { stdout: newStream(), stderr: newStream() };
  #isParted = true;
  /** How many lines of the beginning are not kept. */
  dropped = 0;

  constructor(limit = 5_000) {
    this.#limit = limit;
  }

  append(stream: StreamName, data: Uint8Array): void {
    const fresh = data.subarray(this.#skip(stream, data.length));
    const one = this.#streams[stream];
    one.read += fresh.length;
    const texts = (one.begun + one.decoder.decode(fresh, { stream: true })).split('\n');
    const pieces = texts.flatMap(toPieces);
    // Cut, too: without an end it would grow for ever.
    one.begun = pieces.pop() ?? '';
    this.#add(pieces.map((piece) => ({ stream, text: toPlainText(piece) })));
  }

  /** @param bytes how many are missing here; null where that is unknown */
  miss(stream: StreamName, bytes: number | null): void {
    const fresh = bytes === null ? null : bytes - this.#skip(stream, bytes);
    if (fresh === 0) return;
    this.#streams[stream].read += fresh ?? 0;
    this.#end(stream);
    const text =
      fresh === null ? `bytes of ${stream} may be missing here` : `${fresh} bytes of ${stream} are missing here`;
    this.#add([{ stream: 'note', text }]);
  }

  /** The same output is read from its beginning again. */
  readAgain(): void {
    for (const one of Object.values(this.#streams)) one.again = one.read;
  }

  /** The output of another run follows: it is parted from what is there once there is any of it. */
  beginRun(): void {
    for (const stream of bothStreams) {
      this.#end(stream);
      this.#streams[stream] = newStream();
    }
    this.#isParted = this.#kept.length === 0;
  }

  /** Those that are kept; lines that have not ended yet come last. */
  get lines(): readonly OutputLine[] {
    return [...this.#kept, ...bothStreams.flatMap((stream) => toLine(stream, this.#streams[stream].begun))];
  }

  /** How many of these bytes were read before. */
  #skip(stream: StreamName, bytes: number): number {
    const one = this.#streams[stream];
    const known = Math.min(one.again, bytes);
    one.again -= known;
    return known;
  }

  #end(stream: StreamName): void {
    const one = this.#streams[stream];
    const text = one.begun + one.decoder.decode();
    one.begun = '';
    this.#add(toLine(stream, text));
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

/** The line of what was printed without an end, if there is any of it. */
const toLine = (stream: StreamName, text: string): readonly OutputLine[] =>
  text === '' ? [] : [{ stream, text: toPlainText(text) }];

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
