import { expect, it } from 'vitest';
import { parseLogBytes } from './log-budget.ts';

it.each([[65_536], [16_777_216], ['268435456']])('%j is an amount of output to keep', (value) => {
  expect(parseLogBytes(value)).toBe(Number(value));
});

it.each([[0], [65_535], [268_435_457], [100_000.5], [Number.NaN], ['16m'], ['-1'], [''], ['1e6'], [null], [true]])(
  '%j is no amount of output to keep',
  (value) => {
    // biome-ignore format: one line
    expect(() => parseLogBytes(value)).toThrow(
    /^Failed to read how much output to keep: got .*\. Give a whole number of bytes from 65536 to 268435456/,
  );
  },
);
