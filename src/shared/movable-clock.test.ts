import { describe, expect, it, vi } from 'vitest';
import { createMovableClock } from './clock.ts';

const start = 1_000_000;

describe('a frozen clock', () => {
  it('rings alarms at their own times and in their order, in any order of setting', async () => {
    const clock = createMovableClock({ frozenAt: start });
    const rung: [string, number][] = [];
    clock.alarm(start + 20, () => rung.push(['second', clock.now()]));
    clock.alarm(start + 10, () => rung.push(['first', clock.now()]));
    clock.alarm(start + 31, () => rung.push(['too late', clock.now()]));
    await clock.advance(30);
    expect(rung).toEqual([
      ['first', start + 10],
      ['second', start + 20],
    ]);
    expect(clock.now()).toBe(start + 30);
  });

  it('rings what an alarm sets on the way, even when it does so a promise later', async () => {
    const clock = createMovableClock({ frozenAt: start });
    const rung: number[] = [];
    clock.alarm(start + 10, async () => {
      await Promise.resolve();
      clock.alarm(start + 15, () => rung.push(clock.now()));
    });
    await clock.advance(20);
    expect(rung).toEqual([start + 15]);
  });

  it('does not ring what was cancelled', async () => {
    const clock = createMovableClock({ frozenAt: start });
    const ring = vi.fn();
    clock.alarm(start + 1, ring).cancel();
    await clock.advance(10);
    expect(ring).not.toHaveBeenCalled();
  });

  it('runs on from the time it shows', () => {
    const clock = createMovableClock({ frozenAt: start });
    clock.resume();
    expect(clock.now()).toBeGreaterThanOrEqual(start);
    expect(clock.now()).toBeLessThan(start + 60_000);
    clock.freeze();
    expect(clock.now()).toBe(clock.now());
  });
});

describe('a running clock', () => {
  it('rings by itself, and at once what is moved past', async () => {
    const clock = createMovableClock();
    const bySelf = Promise.withResolvers<void>();
    clock.alarm(clock.now() + 5, bySelf.resolve);
    await bySelf.promise;
    const anHourOn = clock.now() + 3_600_000;
    const moved = vi.fn();
    clock.alarm(anHourOn, moved);
    await clock.advance(3_600_000);
    expect(moved).toHaveBeenCalledOnce();
    expect(clock.now()).toBeGreaterThanOrEqual(anHourOn);
  });
});

it('a clock stands still while it is moved, so that alarms set by an alarm count from that alarm', async () => {
  const clock = createMovableClock();
  const start = clock.now();
  const rung: string[] = [];
  clock.alarm(start + 1_000, () => rung.push('first'));
  const spent = async (): Promise<void> => {
    if (rung.length > 1) return;
    // Real time that the work takes, such as that of a request.
    await new Promise((resolve) => setTimeout(resolve, 50));
    clock.alarm(clock.now() + 500, () => rung.push('second'));
    rung.push('worked');
  };
  await clock.advance(1_501, spent);
  expect(rung).toEqual(['first', 'worked', 'second']);
});
