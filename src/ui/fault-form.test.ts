import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../shared/package.ts';
import { parseFault } from '../stack/stack-faults.ts';
import { type Description, type Field, toFault, toFaultForm, wordsOf } from './page/fault-form.ts';

const description: Description = parse(readFileSync(join(packageRoot, 'docs', 'control-api.yaml'), 'utf8'));
const form = toFaultForm(description);

const sample = ({ choices, isNumber, name }: Field): string => choices?.[0] ?? (isNumber ? '1' : `some ${name}`);

/** Every field of an effect, filled. */
const filled = (type: string): Map<string, string> =>
  new Map(
    form.effects
      .find((effect) => effect.type === type)
      ?.fields.map((field) => [`effect.${field.name}`, sample(field)] as const) ?? [],
  );

it('the form has a field for every condition of a fault', () => {
  const names = form.match.map(({ name }) => name);
  expect(names).toEqual(['operation', 'function', 'token', 'nth', 'probability', 'times']);
  expect(form.match[0]?.choices).toContain('pass-on');
});

it('the form has every effect of docs/faults.md', () => {
  const text = readFileSync(join(packageRoot, 'docs', 'faults.md'), 'utf8');
  const documented = [...text.matchAll(/^\| `(\w+)` \| /gm)].map(([, type]) => type);
  expect(form.effects.map(({ type }) => type).sort()).toEqual(
    documented.filter((type) => !form.match.some(({ name }) => name === type)).sort(),
  );
});

it.each(form.effects.map(({ type }) => type))(
  'the form makes a fault with every field of %s that the emulator takes',
  (type) => {
    const values = filled(type);
    const fault = toFault(form, type, (name) => values.get(name) ?? '');
    expect(parseFault(fault, [])).toMatchObject(fault);
    expect(Object.keys((fault as { effect: object }).effect)).toHaveLength(values.size + 1);
  },
);

it('the form leaves out what is empty, and sends what is no number as it is', () => {
  const values = new Map([
    ['id', 'late'],
    ['match.times', '2'],
    ['match.token', ''],
    ['effect.ms', 'soon'],
  ]);
  expect(toFault(form, 'delay', (name) => values.get(name) ?? '')).toEqual({
    id: 'late',
    match: { times: 2 },
    effect: { type: 'delay', ms: 'soon' },
  });
  expect(toFault(form, 'hangingStop', () => '')).toEqual({ effect: { type: 'hangingStop' } });
});

it('a fault is described in words', () => {
  expect(wordsOf({ type: 'exitAfter', ms: 500, code: 3 })).toBe('ms 500, code 3');
});
