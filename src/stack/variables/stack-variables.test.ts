import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import { loadVariables } from '../load-stack.ts';
import { parseVariablesFile } from '../variables-file.ts';
import { parseVariableArguments, toVariables } from './stack-variables.ts';

const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error;
    expect(error.code).toBe(errorCodes.badOption);
    return error.message;
  }
  return 'nothing thrown';
};

describe('values of stack variables', () => {
  it('come from what is given, then from the file, then from the environment', async () => {
    await using directory = await mkdtempDisposable(join(tmpdir(), 'variables-'));
    const variablesFile = join(directory.path, 'values.yaml');
    await writeFile(variablesFile, 'a: file\nb: file\n');
    const environment = { CYCLE_STACK_VAR_A: 'env', CYCLE_STACK_VAR_B: 'env', CYCLE_STACK_VAR_C_D: 'env' };
    const { get } = await loadVariables({ variables: { a: 'given' }, variablesFile, environment });
    expect(['a', 'b', 'c-d', 'e'].map(get)).toEqual(['given', 'file', 'env', undefined]);
  });

  it('may be empty, numbers and booleans', () => {
    const { get } = toVariables({ variables: { a: '', b: 1.5, c: false }, environment: { CYCLE_STACK_VAR_A: 'env' } });
    expect(['a', 'b', 'c'].map(get)).toEqual(['', '1.5', 'false']);
  });

  it.each([
    [
      { Db_Password: 'x' },
      /"Db_Password" is not a name of one, did you mean "db-password"\?\. Use a-z, 0-9 and hyphens\./,
    ],
    [{ '': 'x' }, /"" is not a name of one\./],
    [{ a: null }, /"a" has no text, number or boolean as its value/],
    [{ a: { b: 1 } }, /"a" has no text, number or boolean as its value/],
  ])('are refused under or as %j', (variables, message) => {
    expect(messageOf(() => toVariables({ variables: variables as never }))).toMatch(message);
  });
});

describe('an argument name=value', () => {
  it('may have anything as its value', () => {
    expect(parseVariableArguments(['a=1=2', 'b=', 'c-1= x\n"'])).toEqual({ a: '1=2', b: '', 'c-1': ' x\n"' });
  });

  it.each([
    [['a=1', 'hunter2'], 'Failed to read --var: number 2 has no "=".'],
    [['=hunter2'], 'Failed to read --var: number 1 has no name before its "=".'],
    [['Tag=hunter2'], 'Failed to read --var: "Tag" is not a name of a variable.'],
    [['a_b=hunter2'], 'Failed to read --var: "a_b" is not a name of a variable.'],
    [['a=hunter2', 'a=hunter2'], 'Failed to read --var: a is given twice.'],
  ])('is refused as in %j, without its value', (given, problem) => {
    expect(messageOf(() => parseVariableArguments(given))).toBe(
      `${problem} Write --var name=value, with a name of a-z, 0-9 and hyphens.`,
    );
  });
});

describe('a file of values', () => {
  it.each([
    ['a: 1.10\nb: yes\nc: 0123\nd: ~\ne:\nf: "x: y"\ng: |\n  two\n  lines\n'],
    ['{"a": 1.10, "b": "yes", "c": "0123", "d": "~", "e": "", "f": "x: y", "g": "two\\nlines\\n"}'],
  ])('has each as the text that is written: %j', (text) => {
    expect(parseVariablesFile(text, 'values')).toEqual({
      a: '1.10',
      b: 'yes',
      c: '0123',
      d: '~',
      e: '',
      f: 'x: y',
      g: 'two\nlines\n',
    });
  });

  it.each([
    ['', 'values: the file is empty, expected values by name'],
    ['- hunter2', 'values:1:1: got a list, expected an object'],
    ['a: hunter2\na: hunter2', 'values:2:1: the key "a" is given twice, first in line 1'],
    [
      'a: { b: hunter2 }',
      'values:1:1 a: got a map, expected text, a number, true or false: put a map or a list in quotes, as one text',
    ],
    ['A_B: hunter2', 'values:1:1 A_B: not a name of a variable, expected a-z, 0-9 and hyphens'],
    ['a: "hunter2', 'values:1:4: not valid YAML: a quote that is not closed'],
  ])('is refused where it says %j, without its values', (text, problem) => {
    expect(messageOf(() => parseVariablesFile(text, 'values')).split('\n')[1]).toBe(problem);
  });

  it('that is not there is named', async () => {
    await expect(loadVariables({ variablesFile: '/no/such/file' })).rejects.toThrow(
      'Failed to read the stack variables /no/such/file: there is no such file. Check the path.',
    );
  });
});
