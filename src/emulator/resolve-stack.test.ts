import { expect, it } from 'vitest';
import { smallest } from '../../test/support/stack/sample.ts';
import { loadRawStack } from '../stack/load-stack.ts';
import { resolveStack } from './options.ts';

const stack = { ...smallest, emulator: { environment: { name: '{{name}}' } } };

it('a stack that was built in code has the variables that are given with it', async () => {
  const one = await resolveStack({ stack, variables: { name: 'one' } });
  expect(one.environment).not.toEqual((await resolveStack({ stack, variables: { name: 'two' } })).environment);
  await expect(resolveStack({ stack })).rejects.toThrow(
    /^Failed to read the stack built in code: .*\. Correct it where it says:\n.* emulator\.environment\.name: the variable \{\{name\}\} has no value: give it in the option variables, a variablesFile that has it, or CYCLE_STACK_VAR_NAME/,
  );
});

it('a variable that is given and not used is named with the option that gives it', async () => {
  await expect(resolveStack({ stack: smallest, variables: { name: 'one' } })).rejects.toThrow(
    'the variable name is given (with --var or the option variables), and nothing in the stack uses it',
  );
});

it('a stack in code without access keys gets one, and no warning that it has none', async () => {
  const { services: _keys, ...keyless } = smallest;
  const { accessKeys, warnings } = await resolveStack({ stack: keyless });
  expect(accessKeys).toHaveLength(1);
  expect(warnings.filter((warning) => warning.includes('access_keys'))).toEqual([]);
});

it('a stack that has been read takes no more variables', async () => {
  const read = await loadRawStack(smallest);
  expect(await resolveStack({ stack: read })).toBe(read);
  await expect(resolveStack({ stack: read, variables: { name: 'x' } })).rejects.toThrow('Give it to loadStack.');
});
