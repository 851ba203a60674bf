import { describe, expect, test } from 'vitest';
import {
  cuttingLengths,
  longTexts,
  lookalikes,
  looselyEqual,
  misreadTexts,
  mistyped,
  oddIds,
  oddKeys,
  oddPaths,
  oddVariables,
  sharingPrefix,
  tooShort,
} from './odd-values.ts';

const token = 'Token-\u00e9-ﬁ-1234';

describe.each([
  ['tokens', token, lookalikes(token)],
  ['IDs', '65a0000000000000000000c1', oddIds('65a0000000000000000000c1')],
  ['keys', 'Some-Key-1', oddKeys('Some-Key-1')],
  ['paths', '/v1/functions/65a0000000000000000000c1/claim', oddPaths('/v1/functions/65a0000000000000000000c1/claim')],
])('odd %s', (_kind, original, found) => {
  test('are all different, and none is the original', () => {
    const values = found.map(({ value }) => value);
    expect(values).not.toContain(original);
    expect(new Set(values).size).toBe(values.length);
    expect(values.length).toBeGreaterThan(10);
  });
});

test('pairs differ, and are long enough to be tokens', () => {
  const pairs = [...looselyEqual, ...cuttingLengths.map((length) => sharingPrefix('start-', length))];
  for (const { one, other, what } of pairs) {
    expect(one, what).not.toBe(other);
    expect(Math.min([...one].length, [...other].length), what).toBeGreaterThanOrEqual(5);
  }
});

test.each(cuttingLengths)('a pair that shares %i characters differs in the next one', (length) => {
  const { one, other } = sharingPrefix('start-', length);
  expect(one.slice(0, length)).toBe(other.slice(0, length));
  expect(one.slice(0, length + 1)).not.toBe(other.slice(0, length + 1));
});

test('texts that are often misread have at least the five characters of a token, and the short ones fewer', () => {
  for (const { value } of [...misreadTexts, ...longTexts]) expect([...value].length).toBeGreaterThanOrEqual(5);
  for (const { value } of tooShort) expect([...value].length).toBeLessThan(5);
  expect(mistyped(token).filter(({ value }) => typeof value === 'string')).toEqual([]);
});

test('odd variables are ones that a process can have', () => {
  for (const [name, value] of Object.entries(oddVariables)) {
    expect(name).toMatch(/^[^=\0]+$/);
    expect(value).not.toContain('\0');
    expect(value.isWellFormed()).toBe(true);
  }
});
