import type { OutputChunk } from '../port.ts';

const headerBytes = 8;
const stderrMark = 2;

/**
 * The engine sends frames: one byte for the stream, three of nothing, four for the length, then the output itself. It is
 * handed on as it arrives: nothing waits for the end of a frame.
 */
export async function* parseFrames(stream: AsyncIterable<Uint8Array>): AsyncGenerator<OutputChunk, void> {
  const header = Buffer.alloc(headerBytes);
  let known = 0;
  let left = 0;
  for await (let bytes of stream) {
    while (bytes.length > 0) {
      const part = bytes.subarray(0, left === 0 ? headerBytes - known : left);
      bytes = bytes.subarray(part.length);
      if (left > 0) {
        left -= part.length;
        yield { stream: streamOf(header), data: part };
        continue;
      }
      header.set(part, known);
      known = (known + part.length) % headerBytes;
      if (known === 0) left = header.readUInt32BE(4);
    }
  }
}

const streamOf = (header: Buffer): OutputChunk['stream'] => (header[0] === stderrMark ? 'stderr' : 'stdout');

/**
 * Reads until it is clear whether stderr begins with a line that something else has printed before the function. Answers
 * what was printed there, that line or all until the end, and everything that comes after it.
 */
export const readGreeting = async (
  greeting: string,
  output: AsyncGenerator<OutputChunk, void>,
): Promise<{ readonly said: string; readonly rest: AsyncGenerator<OutputChunk, void> }> => {
  const expected = Buffer.from(greeting);
  const early: OutputChunk[] = [];
  let said = Buffer.alloc(0);
  while (!said.subarray(0, expected.length).equals(expected)) {
    const { done, value } = await output.next();
    if (done) return { said: said.toString(), rest: chain(early, output) };
    if (value.stream === 'stdout') early.push(value);
    else said = Buffer.concat([said, value.data]);
  }
  const after = said.subarray(expected.length);
  return { said: greeting, rest: chain([...early, { stream: 'stderr', data: after }], output) };
};

async function* chain(early: readonly OutputChunk[], output: AsyncGenerator<OutputChunk, void>): typeof output {
  yield* early;
  yield* output;
}
