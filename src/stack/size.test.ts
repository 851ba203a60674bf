import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSize } from './values.ts';

describe('parseSize', () => {
  it.each([
    ['1', 1],
    ['1024', 1024],
    ['512B', 512],
    ['512K', 512 * 1024],
    ['256M', 256 * 1024 ** 2],
    ['256m', 256 * 1024 ** 2],
    ['256MB', 256 * 1024 ** 2],
    ['256MiB', 256 * 1024 ** 2],
    ['256 M', 256 * 1024 ** 2],
    ['1.5G', 1.5 * 1024 ** 3],
    ['2T', 2 * 1024 ** 4],
    ['1P', 1024 ** 5],
    ['0.001K', 2],
  ])('reads %s as %i bytes', (text, value) => {
    expect(parseSize(text)).toEqual({ ok: true, value });
  });

  it.each(['', 'M', '0', '0M', '-1M', '1E', '256X', '1,5G', '1e3', ' 1M', '1M ', '9999999999999999T', '9'.repeat(400)])(
    'refuses %j',
    (text) => {
      expect(parseSize(text)).toMatchObject({ ok: false });
    },
  );

  it('takes units in either case and spelling for the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4096 }), fc.constantFrom('K', 'M', 'G', 'T'), (count, unit) => {
        const spellings = [unit, unit.toLowerCase(), `${unit}B`, `${unit}iB`].map((each) =>
          parseSize(`${count}${each}`),
        );
        expect(new Set(spellings.map((parsed) => JSON.stringify(parsed))).size).toBe(1);
        expect(spellings[0]).toMatchObject({ ok: true });
      }),
    );
  });
});
