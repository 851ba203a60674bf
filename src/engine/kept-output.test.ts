import { expect, it } from 'vitest';
import { KeptBytes, type Piece, type StreamName } from './kept-output.ts';

const everything = (kept: KeptBytes): readonly Piece[] => {
  const pieces: Piece[] = [];
  for (let at = kept.start; ; at += pieces.at(-1)?.data.length ?? 0) {
    const piece = kept.pieceAt(at);
    if (piece === null) return pieces;
    pieces.push(piece);
  }
};

const bytesOf = (kept: KeptBytes, wanted: StreamName): Buffer =>
  Buffer.concat(everything(kept).flatMap(({ stream, data }) => (stream === wanted ? [data] : [])));

/** The same numbers in every run. */
const createRandom = (seed: number) => (below: number) => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
  return (seed >>> 8) % below;
};

it('bytes of two streams are kept in their order, in pieces of any size, while the oldest are dropped', () => {
  const random = createRandom(7);
  const kept = new KeptBytes();
  let all: { stream: StreamName; byte: number }[] = [];
  for (let round = 0; round < 150; round += 1) {
    const stream = random(3) === 0 ? 'stderr' : 'stdout';
    const data = Uint8Array.from({ length: random(10) === 0 ? random(90_000) : random(40) }, () => random(256));
    kept.append({ stream, data });
    all.push(...[...data].map((byte) => ({ stream, byte }) as const));
    if (all.length > 200_000 || random(20) === 0) {
      const count = random(all.length + 1);
      kept.dropTo(kept.start + count);
      all = all.slice(count);
    }
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    const expected = Buffer.from(all.filter((one) => one.stream === stream).map(({ byte }) => byte));
    expect(bytesOf(kept, stream).equals(expected), stream).toBe(true);
  }
  expect(kept.end - kept.start).toBe(all.length);
  expect(kept.dropped.stdout + kept.dropped.stderr).toBe(kept.start);
});

it('bytes that were dropped are counted for each stream', () => {
  const kept = new KeptBytes();
  for (const [stream, text] of [['stdout', 'abc'], ['stderr', 'de'], ['stdout', 'f']] as const) // biome-ignore format: one line
    kept.append({ stream, data: Buffer.from(text) });
  kept.dropTo(4);
  expect(kept.dropped).toEqual({ stdout: 3, stderr: 1 });
  expect(everything(kept).map(({ stream, data }) => `${stream}:${Buffer.from(data)}`)).toEqual([
    'stderr:e',
    'stdout:f',
  ]);
  kept.dropTo(1_000);
  expect([kept.start, kept.end, kept.size]).toEqual([6, 6, 0]);
});

it('a piece of kept bytes that was read does not change with later writes', () => {
  const kept = new KeptBytes();
  kept.append({ stream: 'stdout', data: Buffer.from('first') });
  const piece = kept.pieceAt(0);
  kept.append({ stream: 'stdout', data: Buffer.alloc(500_000, 'x') });
  kept.dropTo(400_000);
  expect(Buffer.from(piece?.data ?? []).toString()).toBe('first');
});
