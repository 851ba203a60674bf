import { expect, it } from 'vitest';
import { parseFrames } from './output.ts';

const frame = (stream: 1 | 2, text: string): Buffer => {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
};

it.each([1, 3, 8, 1_000])('parses frames that arrive %i bytes at a time', async (size) => {
  const bytes = Buffer.concat([frame(1, 'out'), frame(2, ''), frame(2, 'error 🐎'), frame(1, '\n')]);
  const seen: string[] = [];
  const stream = (async function* () {
    for (let at = 0; at < bytes.length; at += size) {
      await Promise.resolve();
      yield bytes.subarray(at, at + size);
    }
  })();
  for await (const chunk of parseFrames(stream)) seen.push(`${chunk.stream}:${Buffer.from(chunk.data).toString()}`);
  expect(seen).toEqual(['stdout:out', 'stderr:', 'stderr:error 🐎', 'stdout:\n']);
});
