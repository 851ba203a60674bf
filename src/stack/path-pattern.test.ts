import { describe, expect, it } from 'vitest';
import { compilePathPattern, parsePathPattern } from './path-pattern.ts';

const match = (pattern: string, path: string) => compilePathPattern(pattern).match(path);

describe('a pattern of paths', () => {
  it.each([
    ['/test', '/test', true],
    ['/test', '/tests/1', true],
    ['/test', '/a/test', false],
    ['/a.c', '/abc', false],
    ['^/v[12]/', '/v2/x', true],
    ['^/v[12]/', '/v3/x', false],
    ['\\.(png|jpg)$', '/pictures/one.jpg', true],
    ['(?i)^/UPPER', '/upper', true],
  ])('%s fits %s: %s', (pattern, path, fits) => {
    expect(match(pattern, path) !== null).toBe(fits);
  });

  it('answers what its groups have found', () => {
    expect(match('^/example/(.*)$', '/example/wow.jpg')).toEqual(['/example/wow.jpg', 'wow.jpg']);
    expect(match('^/(a)?(b)$', '/b')).toEqual(['/b', '', 'b']);
  });

  it.each([
    ['', 'at most 1000 characters'],
    ['x'.repeat(1_001), 'at most 1000 characters'],
    ['^/(', 'RE2 (missing closing )'],
    ['(?=a)', 'RE2 (invalid or unsupported Perl syntax'],
    ['(a)\\1', 'RE2 (invalid escape sequence'],
    [`${'x{100}'.repeat(11)}`, 'a simpler regular expression'],
  ])('that is %j is refused', (pattern, expected) => {
    expect(parsePathPattern(pattern)).toEqual({ ok: false, expected: expect.stringContaining(expected) });
  });

  it.each(['^(a+)+$', '^(a|aa)+$', '(.*a){12}$', `(x+x+)+y`, 'x{100}'.repeat(9)])(
    '%s takes no longer the longer the path is than the path is longer',
    (pattern) => {
      expect(parsePathPattern(pattern)).toMatchObject({ ok: true });
      const compiled = compilePathPattern(pattern);
      const startedAt = performance.now();
      for (const character of ['a', 'x']) compiled.match(`${character.repeat(8_000)}!`);
      // An engine that goes back would take longer than this universe has.
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    },
  );

  it('fits no path that is longer than servers take, unless it is a prefix', () => {
    const path = `/${'a'.repeat(8_192)}`;
    expect([compilePathPattern('a').match(path), compilePathPattern('/a').match(path)]).toEqual([null, ['/a']]);
    expect(compilePathPattern('a').match(path.slice(1))).toEqual(['a']);
  });
});
