import { expect, it } from 'vitest';
import { createEventSource } from './events.ts';

it('an event stream loses nothing between the call for an iterator and its first step', async () => {
  const source = createEventSource<number>();
  const iterator = source[Symbol.asyncIterator]();
  source.emit(1);
  source.emit(2);
  source.end();
  const seen = [await iterator.next(), await iterator.next(), await iterator.next()];
  expect(seen).toEqual([
    { done: false, value: 1 },
    { done: false, value: 2 },
    { done: true, value: undefined },
  ]);
});

it('an event stream ends an iteration that waits when the source ends', async () => {
  const source = createEventSource<number>();
  const seen: number[] = [];
  const reading = (async () => {
    for await (const event of source) seen.push(event);
  })();
  source.emit(1);
  await Promise.resolve();
  source.end();
  await reading;
  expect(seen).toEqual([1]);
});

it('an event stream waits for the first event that fits', async () => {
  const source = createEventSource<number>();
  const waiting = source.waitFor((event) => event > 1);
  source.emit(1);
  source.emit(2);
  expect(await waiting).toBe(2);
});

it('an event stream fails a wait whose condition fails, and no other', async () => {
  const source = createEventSource<number>();
  const broken = source.waitFor(() => {
    throw new Error('no such field');
  });
  const sound = source.waitFor(() => true);
  source.emit(1);
  await expect(broken).rejects.toThrow('no such field');
  expect(await sound).toBe(1);
});

it('a wait for an event ends with its signal or its source', async () => {
  const source = createEventSource<number>();
  const aborted = source.waitFor(() => true, { signal: AbortSignal.abort(new Error('too long')) });
  await expect(aborted).rejects.toThrow('too long');
  const waiting = source.waitFor(() => true);
  source.end();
  await expect(waiting).rejects.toThrow('the emulator has stopped');
  await expect(source.waitFor(() => true)).rejects.toThrow('the emulator has stopped');
});
