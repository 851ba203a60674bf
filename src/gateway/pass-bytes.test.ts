import { once } from 'node:events';
import { PassThrough, Readable, Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { passBody } from './pass-bytes.ts';

const never = (): never => {
  throw new Error('called');
};

it('a piece of a body gives its memory back once it has been written, not before', async () => {
  const piece = Buffer.from(new Uint8Array(100_000).fill(7));
  const from = Readable.from([piece]);
  const written = Promise.withResolvers<void>();
  const to = new Writable({ write: (_chunk, _encoding, done) => void written.promise.then(() => done()) });
  passBody(from, to, Number.POSITIVE_INFINITY, { onEnd: () => to.end(), onCut: never });
  await once(from, 'end');
  expect(piece.at(-1)).toBe(7);
  written.resolve();
  await once(to, 'finish');
  expect(piece.buffer.byteLength).toBe(0);
});

it('a piece that shares its memory with others leaves it to them', async () => {
  const whole = Buffer.from(new Uint8Array(10).fill(7));
  const to = new PassThrough();
  passBody(Readable.from([whole.subarray(0, 5), whole.subarray(5)]), to, 10_000, {
    onEnd: () => to.end(),
    onCut: never,
  });
  await to.resume().toArray();
  expect(whole.every((byte) => byte === 7)).toBe(true);
});

it('a body is read no faster than it is written', async () => {
  let made = 0;
  const from = new Readable({
    highWaterMark: 1,
    read() {
      made += 1;
      this.push(Buffer.alloc(1_000));
    },
  });
  const written: (() => void)[] = [];
  const to = new Writable({ highWaterMark: 10_000, write: (_chunk, _encoding, done) => void written.push(done) });
  passBody(from, to, Number.POSITIVE_INFINITY, { onEnd: never, onCut: never });
  await turn();
  expect(made).toBeLessThan(100);
  const before = made;
  for (let done = written.shift(); done !== undefined && made === before; done = written.shift()) {
    done();
    await turn();
  }
  expect(made).toBeGreaterThan(before);
  from.destroy();
});
