import { describe, expect, it } from 'vitest';
import { ContextProblem, parseIgnoreRules } from './ignore-rules.ts';

/** Whether the rules leave a path out, its folders asked first as in a walk. */
const ignores = (text: string, path: string): boolean => {
  const rules = parseIgnoreRules(text, true);
  let folder = null;
  let ignored = false;
  const parts = path.split('/');
  for (const length of parts.keys()) {
    const judged = rules.judge(parts.slice(0, length + 1).join('/'), folder);
    folder = judged.matches;
    ignored = judged.ignored;
  }
  return ignored;
};

describe('the rules of .dockerignore', () => {
  it.each([
    ['readme.md', 'README.md', false],
    ['README.md', 'README.md', true],
    ['node_modules', 'node_modules/a/b.js', true],
    ['node_modules', 'a/node_modules', false],
    ['**/node_modules', 'a/node_modules/b', true],
    ['/a', 'a', true],
    ['./a/../b/', 'b/c', true],
    ['*.md', 'a.md', true],
    ['*.md', 'a/b.md', false],
    ['**/*.md', 'a/b.md', true],
    ['a?', 'ab', true],
    ['a?', 'a/', false],
    ['[ab].txt', 'b.txt', true],
    ['[^ab].txt', 'b.txt', false],
    ['a/**', 'a', false],
    ['a/**', 'a/b/c', true],
    ['**b', 'ab', true],
    ['a.c', 'abc', false],
    ['\\[x\\]', '[x]', true],
    ['é?', 'éü', true],
    ['\\a', 'a', false],
    ['\\a', '\u0007', true],
    ['*\\d', 'a7', true],
    ['\\d', 'd', false],
    ['[\\w]', '_', true],
    ['\\W', 'é', true],
    ['\\s\\S', ' x', true],
    ['\\_\\-', '_-', true],
    ['\\x61', 'a', true],
    ['x*[a-]', 'xy-', true],
    ['a*\\', 'ab', false],
    ['a*\\', 'ab$c', true],
    ['*\n!a', 'a', false],
    ['*\n!a\na', 'a', true],
    ['a\n!a/b', 'a/b', false],
    ['a\n!a/b', 'a/c', true],
    ['  a  \r\n', 'a', true],
    ['\uFEFFa', 'a', true],
    ['#a\n', '#a', false],
    [' #a', '#a', true],
    ['! a\n', 'a', false],
    ['..', 'a', false],
    ['docker-compose.yml', 'docker-compose.yml', true],
    ['a-*', 'a-b', true],
    ['a/**/b*', 'a/b', true],
    ['a/**/b*', 'a/x/y/bc', true],
    ['a/**/b*', 'a/xb', false],
    ['a*/**/**/*c', 'ab/c', true],
    ['a*/**x', 'a/yx', false],
    ['?**/b', '😀b', true],
    // In JavaScript's regular expressions, each of these would outlast the test by far.
    [`${'**/'.repeat(30)}*x`, 'a/'.repeat(60), false],
    [`${'**/a/'.repeat(30)}*x`, 'a/'.repeat(60), false],
    [`${'*a'.repeat(30)}x?`, 'a'.repeat(90), false],
  ])('%j and the path %j: left out is %s', (text, path, expected) => {
    expect(ignores(text, path)).toBe(expected);
  });

  it.each(['[', 'a[', '[]a]', '[^]', '[a-]', 'a\\', '*\\', '**[', '?*[', '[.]*[', '!a/[', '!', '!/'])(
    'refuse %j for every path, as docker does',
    (text) => {
      expect(() => parseIgnoreRules(text, true)).toThrow(ContextProblem);
    },
  );

  it.each(['a*/[', '[z-a]', '\\e', '[a-\\d]', 'a\\é'])(
    'refuse %j when a path is tested, and not as an exception that nothing is left to except from',
    (text) => {
      expect(() => ignores(text, 'b')).toThrow(ContextProblem);
      expect(() => ignores(`b\n!${text}`, 'b')).toThrow(ContextProblem);
      expect(ignores(`b\n!${text}`, 'c')).toBe(false);
    },
  );

  it.each([
    ['a', 'a', true, 'nothing'],
    ['a\n!a/b', 'a', true, 'something'],
    ['a\n!**/b', 'a', true, 'nothing'],
    ['a\n!**/b', 'a', false, 'perhaps'],
    ['a\n!a/b/**', 'a', false, 'something'],
    ['a\n!b', 'a', false, 'nothing'],
  ])(
    '%j say of the ignored folder %j, exceptions to be spelled: %s, that it may hold %s',
    (text, folder, literal, expected) => {
      expect(parseIgnoreRules(text, literal).below(folder)).toBe(expected);
    },
  );
});
