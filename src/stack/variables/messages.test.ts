import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { problemsOf, sample, smallest } from '../../../test/support/stack/sample.ts';
import { EmulatorError } from '../../shared/errors.ts';
import { parseStack } from '../load-stack.ts';
import type { Kind } from '../model.ts';
import { toVariables } from './stack-variables.ts';

type Values = Readonly<Record<string, string>>;

const options = (variables: Values) => ({
  source: 'stack.yaml',
  root: '/stacks',
  variables: toVariables({ variables, environment: {} }),
});

const config = 'containers.job.config';

const messagesOf = (input: unknown, variables: Values, kind: Kind): string => {
  try {
    return parseStack(input, { ...options(variables), look: (path) => ({ kind, path }) }).warnings.join('\n');
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error;
    return error.message;
  }
};

const problems = (changes: Readonly<Record<string, unknown>>, variables: Values) =>
  problemsOf(() => parseStack(sample(changes), options(variables)));

describe('a message about a value that a variable gave', () => {
  it.each<[string, unknown, Values, string]>([
    [
      `${config}.deploy.instances`,
      '{{n}}',
      { n: 'many' },
      'got {{n}} (here a string), expected a whole number from 0 to 60000',
    ],
    [
      `${config}.deploy.instances`,
      '{{n}}',
      { n: '2' },
      'got {{n}} (here a string), expected a whole number from 0 to 60000: leave out the quotes',
    ],
    [
      `${config}.runtime.workdir`,
      'srv/{{$dir}}',
      { dir: 'x' },
      'got "srv/{{$dir}}" (here a string), expected an absolute path',
    ],
    [
      `${config}.runtime.environment_vars.A`,
      'x{{a}}\0',
      { a: '1' },
      'got {{a}} (here a string), expected a value for a process: the value contains a NUL character',
    ],
    [
      `${config}.network.hostname`,
      '{{h}}',
      { h: '' },
      'got {{h}} (here an empty string), expected a host name of letters, digits, hyphens and dots, at most 63 characters',
    ],
  ])('names the variable of %s: %j', (path, value, variables, text) => {
    expect(problems({ [path]: value }, variables)).toEqual([`stack.yaml ${path}: ${text}`]);
  });

  it('has the place of the variable in the file', () => {
    const text = stringify(sample()).replace('instances: 1', 'instances: {{n}}');
    const line = text.split('\n').findIndex((each) => each.includes('{{n}}')) + 1;
    expect(problemsOf(() => parseStack(text, options({ n: '[1]' })))).toEqual([
      `stack.yaml:${line}:9 ${config}.deploy.instances: got {{n}} (here a list), expected a whole number from 0 to 60000`,
    ]);
  });

  it('stands once where the variable has no value, beside all other problems', () => {
    expect(problems({ [`${config}.deploy.instances`]: '{{n}}', version: 1 }, {})).toEqual([
      `stack.yaml ${config}.deploy.instances: the variable {{n}} has no value: give it in the option variables, a variablesFile that has it, or CYCLE_STACK_VAR_N`,
      'stack.yaml version: got 1, expected a string: put it in quotes',
    ]);
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['instances', { 'containers.web': { config: { deploy: { strategy: 'node', instances: '{{v}}' } } } }],
    ['A', { 'containers.web': { config: { runtime: { environment_vars: { A: '{{v}}' } } } } }],
    ['["{{v}}"]', { 'containers.{{v}}': smallest.containers.job }],
    ['["{{v}}="]', { [`${config}.runtime.environment_vars`]: { '{{v}}=': 'x' } }],
    ['strategy', { [`${config}.deploy.strategy`]: '{{v}}' }],
  ])('says nothing else of %s, where the variable has no value, in a container of any kind', (name, changes) => {
    for (const stack of [sample(changes), stringify(sample(changes))]) {
      const message = messagesOf(stack, {}, 'nothing');
      expect(message.split('\n').filter((line) => line.includes(name))).toEqual([
        expect.stringMatching(/: the variable \{\{v\}\} has no value: give (--var v=…|it in the option variables)/),
      ]);
      expect(message).not.toContain('none has deploy.strategy');
    }
  });

  it('is a problem for one that is given and not used', () => {
    expect(problems({ [`${config}.deploy.strategy`]: '{{kind}}' }, { kind: 'function', kinds: 'x' })).toEqual([
      'stack.yaml: the variable kinds is given (with --var or the option variables), and nothing in the stack uses it, did you mean "kind"?',
    ]);
  });
});

describe('values of variables', () => {
  const paths = [
    'version', 'containers.job', '.name', '.stateful', '.image', '.image.origin.type', '.image.origin.details.target',
    '.image.origin.details.username', '.image.build.args', '.image.build.args.A', '.config', '.config.deploy.strategy', '.config.deploy.instances',
    '.config.deploy.function.max_runtime', '.config.deploy.function.max_pool_size', '.config.deploy.shutdown.signals', '.config.deploy.shutdown.graceful_timeout',
    '.config.network.public', '.config.network.hostname', '.config.network.ports', '.config.runtime.command.path', '.config.runtime.command.args',
    '.config.runtime.workdir', '.config.runtime.environment_vars', '.config.runtime.environment_vars.A', '.config.runtime.sysctl.a', '.config.runtime.rlimits',
    '.config.runtime.capabilities', '.config.resources.ram.limit', '.config.resources.cpu.cpus', '.volumes', 'scoped_variables', 'services',
    'services.scheduler.config.access_keys', 'emulator.server.id', 'emulator.environment.name', 'emulator.faults', 'emulator.containers.job.id', 'emulator.seed', 'unknown',
  ] as const; // biome-ignore format: one block is easier to read

  it('are in no message, in any place and beside any problem', () => {
    const secret = fc.constantFrom(
      'hunter2-hunter2',
      'Hunter2 hunter2: "x"',
      '["hunter2", "hunter2"]',
      '{"hunter2": "hunter2"}',
      '77hunter2',
    );
    const template = fc.constantFrom('{{v}}', 'x-{{v}}', '{{v}}{{v}}');
    fc.assert(
      fc.property(fc.constantFrom(...paths), template, secret, (place, text, value) => {
        const stack = sample({ about: 1, [place]: text });
        expect(messagesOf(stack, { v: value }, 'nothing')).not.toContain('hunter2');
        const file = stringify(stack).replaceAll(`"${text}"`, text);
        expect(messagesOf(file, { v: value }, 'nothing')).not.toContain('hunter2');
      }),
      { numRuns: 500 },
    );
  });

  it('are not in the path of a build context that is not there', () => {
    const origin = { type: 'docker-file', details: { context_dir: '{{dir}}' } };
    const message = messagesOf(sample({ '.image.origin': origin }), { dir: 'hunter2' }, 'nothing');
    expect(message).toContain(`expected a directory: ${join('/stacks', '{{dir}}')} does not exist`);
  });
});
