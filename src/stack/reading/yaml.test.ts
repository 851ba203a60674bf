import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Report } from './report.ts';
import { parseText } from './yaml.ts';

const parse = (text: string) => {
  const report = new Report();
  const value = parseText(text, report)?.value ?? null;
  return { value, locate: report.origin.locate, problems: report.problemLines('file') };
};

describe('parseText', () => {
  it.each([
    ['a: 1\nb: [x, null]', { a: 1, b: ['x', null] }],
    ['{"a": 1,\n\t"b": {"c": [true]}}', { a: 1, b: { c: [true] } }],
    ['\uFEFFa: 1', { a: 1 }],
    ['a: yes\nb: 0o17\nc: 2020-01-01\nd: "1.0"', { a: 'yes', b: 15, c: '2020-01-01', d: '1.0' }],
    ['base: &b { x: 1, y: 1 }\nmore: { <<: *b, y: 2 }', { base: { x: 1, y: 1 }, more: { x: 1, y: 2 } }],
    ['a: |\n  two\n  lines\r\n', { a: 'two\nlines\n' }],
    ['---\na: 1\n...\n', { a: 1 }],
    ['a: 1\n---\n', { a: 1 }],
  ])('reads %j', (text, value) => {
    expect(parse(text)).toMatchObject({ value, problems: [] });
  });

  it.each([
    ['', 'file: the file is empty, expected a stack with version and containers'],
    ['# nothing\n', 'file: the file is empty, expected a stack with version and containers'],
    ['a: 1\n---\nb: 1', 'file:2:1: the file holds several YAML documents, expected one'],
    ['a: 1\nb: 1\na: 2', 'file:3:1: the key "a" is given twice, first in line 1'],
    ['x: &x { a: 1 }\nb: { <<: *x, <<: *x }', 'file:2:14: the key "<<" is given twice, first in line 2'],
    [
      'a: {{ B }}',
      'file:1:5: got a list, a map or an alias as a key, expected a word: a stack variable is {{name}}, of a-z, 0-9 and hyphens without blanks; other text with {{ goes in quotes',
    ],
    ['{"a": {"b": 1, "b": 2}}', 'file:1:16: the key "b" is given twice, first in line 1'],
    ['a: "open', 'file:1:4: not valid YAML: a quote that is not closed'],
    [
      '- a: 1\n b: 2',
      'file:2:1: not valid YAML: something is missing here: a closing bracket, a comma, a colon, a dash or a blank; or the indentation is wrong',
    ],
    [
      'a: [1, 2',
      'file:1:4: not valid YAML: a bracket that is not closed: its ] is missing, or a line in it is indented too little',
    ],
    [
      'a: b: c',
      'file:1:4: not valid YAML: a second "key:" in one line: check the indentation, or put text with a colon in quotes',
    ],
    ['a:\n\tb: 1', 'file:2:1: not valid YAML: a tab as indentation: use blanks'],
    ['a: @b', 'file:1:4: not valid YAML: text begins with a character that YAML reserves: put it in quotes'],
    [
      'a: "\\d"',
      'file:1:5: not valid YAML: an escape that double quotes do not know: write \\\\ for a backslash, or use single quotes',
    ],
    [
      'a: }',
      'file:1:4: not valid YAML: something that YAML does not expect here: check indentation, brackets and quotes; inside brackets, text with any of {}[], needs quotes',
    ],
    ['a: 1\nb:\n  <<: x', 'file:1:1: a << that is no map, alias of a map or list of those'],
    ['a: *nowhere', 'file:1:4: an alias of an anchor that is not there: put text that begins with * in quotes'],
    ['a: !mine b', 'file:1:4: not valid YAML: a tag that is not known: put text that begins with ! in quotes'],
    ['? [a]\n: b', 'file:1:3: got a list, a map or an alias as a key, expected a word'],
  ])('refuses %j', (text, problem) => {
    expect(parse(text).problems).toContain(problem);
  });

  const keyOverLines =
    'a key over several lines: a colon is missing, or the blank after a colon or a dash, or the indentation is wrong';

  it.each([
    ['a tab', 'a:\n  b: 1\n\tc:\n    d: 1\n  e: 1', '3:1', 'a tab as indentation: use blanks'],
    ['a missing colon', 'a:\n  b\n    c: d\n    e: f', '2:3', keyOverLines],
    ['a missing blank', 'a:\n  -b: 1\n   c: 2', '2:7', keyOverLines],
    ['too little indentation', 'a:\n    b: 1\n   c: 1\n    d: 1', '3:1', 'the indentation fits no line above'],
    ['too much indentation', 'a:\n  b: 1\n   c: 1\n  d: 1', '2:6', keyOverLines],
    ['a missing bracket', 'a: { b: [1, 2 }\nc: { d: 1 }', '1:9', 'a bracket that is not closed: its ] is missing'],
    ['a missing brace', 'a:\n  b: { c: [1]\n  d: { e: 1 }', '2:6', 'a bracket that is not closed: its } is'],
    [
      'a first line that is too deep',
      'a:\n  b:\n     c: 1\n    d: 1\n    e: 1',
      '4:1',
      'the indentation fits no line above: that of this line or that of line 3 is wrong',
    ],
    [
      'a quoted text that goes on too far left',
      'a:\n  b: "one-\n  two"\n  c: 1',
      '2:6',
      'quoted text goes on in a line that is indented too little',
    ],
    ['an open quote before a closed one', 'a: "one\nb: "two"', '1:4', 'a quote that is not closed'],
    ['a missing comma', 'a: { b: "1" c: "2" }', '1:9', 'a list or map without brackets inside brackets: a comma'],
    ['an open quote', 'a:\n  b: { c: "x }\n  d: 1\ne: 1', '2:11', 'a quote that is not closed'],
  ])('says the first problem of %s, and no consequences', (_slip, text, place, problem) => {
    expect(parse(text).problems).toEqual([expect.stringContaining(`file:${place}: not valid YAML: ${problem}`)]);
  });

  it('says all problems that have no consequences', () => {
    const { problems } = parse('a: "\\d"\nb: !mine x\nc: @d\ne: f: g: h\n  i\nj: @k');
    expect(problems.map((line) => line.split(': ').at(0))).toEqual(['file:1:5', 'file:2:4', 'file:3:4', 'file:4:4']);
  });

  it('says where a path stands, or how much of it there is', () => {
    const { locate } = parse('a:\n  - b: &x\n      c: 1\n  - *x\nd: { <<: *x }');
    expect(locate([])).toEqual({ line: 1, column: 1 });
    expect(locate(['a', 0, 'b', 'c'])).toEqual({ line: 3, column: 7 });
    expect(locate(['a', 0, 'b', 'missing', 'more'])).toEqual({ line: 2, column: 5 });
    expect(locate(['a', 1, 'c'])).toEqual({ line: 3, column: 7 });
    expect(locate(['a', 9])).toEqual({ line: 1, column: 1 });
    expect(locate(['d', 'c'])).toEqual({ line: 3, column: 7 });
  });

  it('comes to an end where a map merges itself', () => {
    for (const text of ['a: &a { <<: *a, b: 1 }', 'a: &a [*a]\nb: { <<: *a }']) parse(text).locate(['a', 'c', 'd']);
    expect(parse('a: &a { <<: [*a, *a, *a], b: 1 }').locate(['a', 'c'])).toEqual({ line: 1, column: 1 });
  });

  it('refuses a text whose aliases would grow without bound', () => {
    const level = (index: number) =>
      `a${index}: &a${index} [${Array(9)
        .fill(`*a${index - 1}`)
        .join(', ')}]`;
    const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x]', ...Array.from({ length: 9 }, (_, index) => level(index + 1))];
    expect(parse(bomb.join('\n')).problems).toEqual(['file:1:1: aliases that grow without bound']);
  });

  it.each([
    ['lists in lists', '['.repeat(200_000)],
    ['maps in maps', '{a: '.repeat(50_000)],
    ['indented maps', Array.from({ length: 500 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['keys', Array.from({ length: 50_000 }, (_, index) => `k${index}: 1`).join('\n')],
    ['aliases', `a: &a x\nb: [${'*a, '.repeat(200_000)}]`],
    ['keys that repeat', 'a: 1\n'.repeat(20_000)],
  ])('comes to an end on very many %s', (_, text) => {
    expect(() => parse(text)).not.toThrow();
  });

  it('never shows what the text says where it is broken', () => {
    const broken = fc.tuple(
      fc.constantFrom('a: ', '"', "'", '- ', '{', '[', '*', '!', '&', '@', '%', '? ', '\t', '|'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(broken), fc.constantFrom('', ' ', '\n', '\n  '), (parts, gap) => {
        const text = parts.map(([mark, rest]) => `${mark}${rest}`).join(gap);
        const problems = parse(`key: ${text}${gap}hunter2hunter2${gap}${text}`).problems.join('\n');
        // A duplicate key may be named: keys are no secrets.
        expect(problems.replace(/the key ".*" is given twice/g, '')).not.toContain('hunter2');
      }),
      { numRuns: 1_000 },
    );
  });
});
