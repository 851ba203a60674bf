import { describe, expect, it } from 'vitest';
import { createMovableClock } from '../shared/clock.ts';
import { Work } from './work.ts';

const begin = (work: Work) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = work.do(() => promise);
  return { done, finish: resolve };
};

const isOver = async (waiting: Promise<void>): Promise<boolean> => {
  let over = false;
  void waiting.then(() => {
    over = true;
  });
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return over;
};

/** Work that sleeps on a clock that stands still. */
const sleep = (work: Work, ms: number) => {
  const clock = createMovableClock({ frozenAt: 0 });
  const watched = work.watch(clock);
  const done = work.do(() => new Promise<void>((resolve) => watched.alarm(ms, resolve)));
  return { clock, done };
};

describe('waiting for work', () => {
  it('ends when work begun after the mark is done, and ignores earlier work', async () => {
    const work = new Work();
    begin(work);
    const mark = work.begun;
    expect(await isOver(work.doneSince(mark))).toBe(true);
    const later = begin(work);
    const waiting = work.doneSince(mark);
    expect(await isOver(waiting)).toBe(false);
    later.finish();
    await waiting;
  });

  it('includes work that followed from it', async () => {
    const work = new Work();
    const first = begin(work);
    const second = Promise.withResolvers<void>();
    void first.done.then(() => work.do(() => second.promise));
    const waiting = work.doneSince(0);
    first.finish();
    expect(await isOver(waiting)).toBe(false);
    second.resolve();
    await waiting;
  });

  it('does not wait for work that waits for the clock', async () => {
    const work = new Work();
    const { clock, done } = sleep(work, 100);
    await work.doneSince(0);
    await clock.advance(100);
    await done;
  });

  it('includes work from before the mark that the clock has set going again', async () => {
    const work = new Work();
    const { promise: rest, resolve: finish } = Promise.withResolvers<void>();
    const clock = createMovableClock({ frozenAt: 0 });
    const watched = work.watch(clock);
    void work.do(async () => {
      await new Promise<void>((resolve) => watched.alarm(100, resolve));
      await rest;
    });
    const mark = work.begun;
    await clock.advance(100);
    const waiting = work.doneSince(mark);
    expect(await isOver(waiting)).toBe(false);
    finish();
    await waiting;
  });

  it('waits for work that may end before its alarm, until the work has ended', async () => {
    const work = new Work();
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const watched = work.watch(createMovableClock({ frozenAt: 0 }), 50);
    const begin = performance.now();
    void work.do(() => Promise.race([ended, new Promise<void>((resolve) => watched.alarm(100, resolve))]));
    const waiting = work.doneSince(0);
    expect(await isOver(waiting)).toBe(false);
    await waiting;
    expect(performance.now() - begin).toBeGreaterThanOrEqual(49);
    end();
  });

  it('does not wait for work that waits for work that waits for the clock', async () => {
    const work = new Work();
    const { done } = sleep(work, 100);
    void work.do(() => work.waitFor([done]));
    void work.do(
      () => Promise.resolve(),
      (run) => done.then(run),
    );
    await work.doneSince(0);
  });

  it('waits for work that is queued behind other work from before the mark', async () => {
    const work = new Work();
    const before = begin(work);
    const mark = work.begun;
    void work.do(
      () => Promise.resolve(),
      (run) => before.done.then(run),
    );
    const waiting = work.doneSince(mark);
    expect(await isOver(waiting)).toBe(false);
    before.finish();
    await waiting;
  });

  it('ends when work fails', async () => {
    const work = new Work();
    const failed = work.do(() => Promise.reject(new Error('no')));
    await expect(failed).rejects.toThrow('no');
    await work.doneSince(0);
  });
});
