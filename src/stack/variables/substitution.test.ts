import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCharacter } from '../../../test/support/any-text.ts';
import { Report } from '../reading/report.ts';
import { substituteInObject } from '../reading/substitute-in-object.ts';
import { parseText } from '../reading/yaml.ts';
import { Substitution, toVariables } from './stack-variables.ts';

type Values = Readonly<Record<string, string>>;

const substitutionOf = (variables: Values): Substitution =>
  new Substitution(toVariables({ variables, environment: {} }));

const read = (text: string, variables: Values = {}) => {
  const report = new Report();
  const substitution = substitutionOf(variables);
  const parsed = parseText(text, report, { substitution });
  return { value: parsed?.value, problems: report.problemLines('file'), unused: substitution.unused };
};

const pem = '-----BEGIN KEY-----\nabc # no comment\n-----END KEY-----\n';

describe('a variable', () => {
  it.each<[string, Values, unknown]>([
    ['a: {{n}}', { n: '3' }, { a: 3 }],
    ['a: {{$n}}', { n: '3' }, { a: 3 }],
    ['{"a":{{n}},"b":[{{n}}]}', { n: '3' }, { a: 3, b: [3] }],
    ['{"a": {{config}} }', { config: '{"x": [1, "y"]}' }, { a: { x: [1, 'y'] } }],
    ['a:\n  {{config}}', { config: 'x: 1\ny:\n  - 2' }, { a: { x: 1, y: [2] } }],
    ['a: {{flag}}', { flag: 'true' }, { a: true }],
    ['a: {{none}}', { none: '' }, { a: null }],
    ['a: {{text}}', { text: '"quoted"' }, { a: 'quoted' }],
    ['a: [{{ports}}]', { ports: '"1:1", "2:2"' }, { a: ['1:1', '2:2'] }],
    ['a: [x, {{more}}, z]', { more: '' }, { a: ['x', 'z'] }],
    ['{"a": { {{entries}} }}', { entries: '"x": 1, "y": 2' }, { a: { x: 1, y: 2 } }],
  ])('has the type of its value where it stands alone without quotes: %j with %j', (text, variables, value) => {
    expect(read(text, variables)).toEqual({ value, problems: [], unused: [] });
  });

  it.each<[string, Values, unknown]>([
    ['a: "{{n}}"', { n: '3' }, { a: '3' }],
    ["a: '{{n}}'", { n: "it's \\n" }, { a: "it's \\n" }],
    ['{"a": "{{json}}"}', { json: '{"x": "y\\\\z"}\n' }, { a: '{"x": "y\\\\z"}\n' }],
    ['a: "x {{p}} y"', { p: '", b: "' }, { a: 'x ", b: " y' }],
    ['a: |\n  {{pem}}  end\n', { pem }, { a: `${pem}  end\n` }],
    ['a: >-\n  one\n  {{pem}}', { pem }, { a: `one ${pem}` }],
    ['a: {{pem}}', { pem }, { a: pem }],
    ['a: {{p}}', { p: 'x # y' }, { a: 'x # y' }],
    ['a: {{p}}', { p: '*no-alias' }, { a: '*no-alias' }],
    ['a: {{p}}', { p: '"open' }, { a: '"open' }],
    ['a: {{p}}/{{q}}:1.0', { p: 'x', q: 'y' }, { a: 'x/y:1.0' }],
    ['a: 1{{n}}', { n: '2' }, { a: 12 }],
    ['a: v{{p}}', { p: ': [x]' }, { a: 'v: [x]' }],
    ['{{k}}: 1', { k: 'a: b' }, { 'a: b': 1 }],
  ])('is text with any content, in quotes, in blocks and in longer text: %j with %j', (text, variables, value) => {
    expect(read(text, variables)).toEqual({ value, problems: [], unused: [] });
  });

  it.each([
    ['a: "{{ n }} {{.Foo}} {{N}} {{n_m}} {n} {{}}"'],
    ["a: '{{- range .Items }}{{ .Name }}{{ end }}'"],
    ['a: "\\u007b{n}}"'],
    ['a: "\uE000\uE000n\uE001\uE001"'],
  ])('is not meant by %j, which stays as it is', (text) => {
    expect(read(text)).toEqual({ value: read(text, { n: '1' }).value, problems: [], unused: [] });
    expect(read(text, { n: '1' }).unused).toEqual(['n']);
  });

  it('is not looked for in values', () => {
    const variables = { a: '{{b}}', b: 'no' };
    expect(read('x: {{a}}\ny: "{{a}}"', variables)).toMatchObject({ value: { x: '{{b}}', y: '{{b}}' }, unused: ['b'] });
  });

  it('is not used by a comment', () => {
    expect(read('# {{a}}\nx: 1 # {{b}}\ny: |\n  z\n', { a: '1' })).toEqual({
      value: { x: 1, y: 'z\n' },
      problems: [],
      unused: ['a'],
    });
  });

  it('without a value is a problem in each place of the file where it stands', () => {
    const text = 'a:\n  - "x {{p}} {{q}} {{p}}"\n{{k}}: |\n  one\n  {{p}}\n';
    const advice = (name: string, twin: string) =>
      `the variable {{${name}}} has no value: give --var ${name}=… (in code the option variables), a --var-file that has it, or CYCLE_STACK_VAR_${twin}`;
    expect(read(text, { q: '1' }).problems).toEqual([
      `file:2:8 a[0]: ${advice('p', 'P')}`,
      `file:2:20 a[0]: ${advice('p', 'P')}`,
      `file:3:1 ["{{k}}"]: ${advice('k', 'K')}`,
      `file:5:3 ["{{k}}"]: ${advice('p', 'P')}`,
    ]);
  });

  it('that makes a key twice is refused without its value', () => {
    expect(read('hunter22: 1\n"{{key}}": 2', { key: 'hunter22' }).problems).toEqual([
      'file:2:1: the key "{{key}}" is given twice, first in line 1',
    ]);
  });

  it('puts any value between quotes unchanged, into YAML and JSON', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: anyCharacter }),
      fc.constantFrom('{{b}}', '"', "'", '\r\n', '\\'),
    );
    fc.assert(
      fc.property(text, (value) => {
        expect(read('{"a": "<{{v}}>", "b": 1}', { v: value }).value).toEqual({ a: `<${value}>`, b: 1 });
        expect(read("a: '<{{v}}>'\nb: 1", { v: value }).value).toEqual({ a: `<${value}>`, b: 1 });
      }),
    );
  });

  it('never leads to anything but values or problems', () => {
    fc.assert(
      fc.property(fc.string(), fc.oneof(fc.string(), fc.json()), (around, value) => {
        expect(() => read(`a: ${around}{{v}}\nb: [{{v}}]\nc: { {{v}} }`, { v: value })).not.toThrow();
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a stack that was built in code', () => {
  it('has variables in its strings and keys, always as text', () => {
    const substitution = substitutionOf({ n: '3', k: 'b' });
    const stack = { a: ['x{{n}}', { '{{k}}': '{{n}}' }], c: 1 };
    expect(substituteInObject(stack, new Report(), substitution)).toEqual({ a: ['x3', { b: '3' }], c: 1 });
  });

  it('stays the same object where it names no variable, even one that contains itself', () => {
    const stack: Record<string, unknown> = { a: ['x'], date: new Date(0) };
    stack['self'] = stack;
    expect(substituteInObject(stack, new Report(), substitutionOf({}))).toBe(stack);
  });
});
