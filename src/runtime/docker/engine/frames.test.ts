import { expect, it } from 'vitest';
import type { OutputChunk } from '../../port.ts';
import { readGreeting } from '../containers/hot-container.ts';
import { parseFrames } from './output.ts';

const frame = (stream: 1 | 2, text: string): Buffer => {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
};

async function* inPieces<Piece>(pieces: Iterable<Piece>): AsyncGenerator<Piece> {
  for (const piece of pieces) {
    await Promise.resolve();
    yield piece;
  }
}

/** Pieces of one stream that follow one another are one. */
const joined = async (output: AsyncIterable<OutputChunk>): Promise<readonly string[]> => {
  const seen: { stream: string; data: Buffer }[] = [];
  for await (const { stream, data } of output) {
    const last = seen.at(-1);
    if (last?.stream === stream) last.data = Buffer.concat([last.data, data]);
    else seen.push({ stream, data: Buffer.from(data) });
  }
  return seen.map(({ stream, data }) => `${stream}:${data.toString()}`);
};

it.each([1, 3, 7, 8, 9, 1_000])('frames that arrive %i bytes at a time are parsed', async (size) => {
  const bytes = Buffer.concat([frame(1, 'out'), frame(2, ''), frame(2, 'error 🐎'), frame(1, '\n')]);
  const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, part) =>
    bytes.subarray(part * size, (part + 1) * size),
  );
  expect(await joined(parseFrames(inPieces(parts)))).toEqual(['stdout:out', 'stderr:error 🐎', 'stdout:\n']);
});

it('the beginning of a frame is passed on before its end has arrived', async () => {
  const { promise: never } = Promise.withResolvers<Buffer>();
  const stream = (async function* () {
    yield frame(1, 'a long line').subarray(0, 12);
    yield await never;
  })();
  const { value } = await parseFrames(stream).next();
  expect(Buffer.from(value?.data ?? []).toString()).toBe('a lo');
});

const of = (stream: OutputChunk['stream'], ...texts: readonly string[]): readonly OutputChunk[] =>
  texts.map((text) => ({ stream, data: Buffer.from(text) }));

it.each([
  ['by itself', of('stderr', 'hello\n', 'error'), ['stderr:error']],
  ['with what follows', of('stderr', 'hello\nerror'), ['stderr:error']],
  ['in pieces', of('stderr', 'he', 'l', 'lo\ner', 'ror'), ['stderr:error']],
  [
    'after stdout',
    [...of('stdout', 'hello\n'), ...of('stderr', 'hello\nhello\n')],
    ['stdout:hello\n', 'stderr:hello\n'],
  ],
  ['and nothing else', of('stderr', 'hello\n'), ['stderr:']],
])('a greeting that is there %s is taken off, and nothing else', async (_, output, expected) => {
  const { said, rest } = await readGreeting('hello\n', inPieces(output));
  expect([said, await joined(rest)]).toEqual(['hello\n', expected]);
});

it('a message in place of a greeting is answered whole', async () => {
  const { said, rest } = await readGreeting('hello\n', inPieces(of('stderr', 'he', 'lp: no such command\n')));
  expect([said, await joined(rest)]).toEqual(['help: no such command\n', []]);
});
