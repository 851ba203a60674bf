import { expect, test } from 'vitest';
import { createSuiteClock } from './limits.ts';

test('a movable clock is moved by whole milliseconds, never by less than was asked for', async () => {
  const moves: number[] = [];
  const clock = createSuiteClock((ms) => Promise.resolve(void moves.push(ms)));
  const before = clock.now();
  await clock.pass(9_813.97);
  expect(moves).toEqual([9_814]);
  expect(clock.now() - before).toBeGreaterThanOrEqual(9_814);
});
