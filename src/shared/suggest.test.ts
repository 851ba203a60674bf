import { describe, expect, it } from 'vitest';
import { suggest } from './suggest.ts';

const known = ['instances', 'strategy', 'function', 'shutdown', 'as'];

describe('suggest', () => {
  it.each([
    ['instance', 'instances'],
    ['functon', 'function'],
    ['STRATEGY', 'strategy'],
    ['shutdwon', 'shutdown'],
    ['sa', 'as'],
    ['inst', 'instances'],
  ])('takes %s for %s', (word, nearest) => {
    expect(suggest(word, known)).toBe(nearest);
  });

  it.each(['', 'x', 'something', 'x'.repeat(1_000_000)])('knows nothing near %.20j', (word) => {
    expect(suggest(word, [...known, 'y'.repeat(1_000_000)])).toBeNull();
  });
});
