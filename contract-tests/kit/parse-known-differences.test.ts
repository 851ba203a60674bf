import { describe, expect, test } from 'vitest';
import { parseKnownDifferences } from './known-differences.ts';

describe('known differences', () => {
  test('are a list, each with a reason and a day', () => {
    const text = '- id: LINE-002\n  reason: any order\n  date: 2025-06-01\n  link: https://example.com/1\n';
    expect(parseKnownDifferences('known.yaml', text)).toEqual([
      { id: 'LINE-002', reason: 'any order', date: '2025-06-01', link: 'https://example.com/1' },
    ]);
  });

  test('may be none', () => {
    expect(parseKnownDifferences('known.yaml', '')).toEqual([]);
  });

  test.each([
    ['no list', 'id: LINE-002', 'they are no list'],
    ['no reason', '- id: LINE-002\n  date: 2025-06-01', 'entry 1 has no reason'],
    ['a day that is none', '- {id: LINE-002, reason: so, date: yesterday}', 'has the date "yesterday"'],
  ])('are refused with %s', (_what, text, reason) => {
    expect(() => parseKnownDifferences('known.yaml', text)).toThrow(reason);
  });
});
