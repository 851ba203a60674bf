import { expect, it } from 'vitest';
import { durationText, secondsText } from './page/times.ts';

it.each([
  [0, '0 s'],
  [700, '700 ms'],
  [1_500, '1.5 s'],
  [10_000, '10 s'],
  [59_999.6, '1:00'],
  [61_250, '1:01.250'],
  [187_000, '3:07'],
  [3_600_000, '1:00:00'],
  [7_387_005, '2:03:07.005'],
  [-5, '0 s'],
])('a duration of %d ms is shown as it is: %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

it.each([
  [0, '0 s'],
  [1, '1 s'],
  [9_000.5, '10 s'],
  [59_001, '1:00'],
  [-700, '0 s'],
])('what is left of a duration, %d ms, is shown in whole seconds: %s', (ms, text) => {
  expect(secondsText(ms)).toBe(text);
});
