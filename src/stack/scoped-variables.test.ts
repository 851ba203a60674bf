import { describe, expect, it } from 'vitest';
import { parseJob, parseSample } from '../../test/support/stack/sample.ts';

const jobId = '65a0000000000000000000aa';

const variable = (identifier: string, scope: unknown, more: object = {}) => ({
  identifier,
  scope: { containers: scope },
  access: { env_variable: { key: identifier.toUpperCase() }, internal_api: null, file: null },
  source: { type: 'raw', details: { value: `value of ${identifier}`, blob: false, secret: null } },
  ...more,
});

const environmentWith = (variables: unknown, own: unknown = {}) =>
  parseJob({
    scoped_variables: variables,
    '.config.runtime.environment_vars': own,
    'emulator.containers.job.id': jobId,
  }).environment;

describe('scoped variables', () => {
  it.each([
    ['all', { global: true, identifiers: [], ids: [] }],
    ['its identifier', { global: false, identifiers: ['job'], ids: null }],
    ['its ID', { global: false, identifiers: [], ids: [jobId] }],
  ])('reach a container that is named by %s', (_, scope) => {
    expect(environmentWith([variable('a', scope)])).toEqual({ A: 'value of a' });
  });

  it.each([
    ['another container', { identifiers: ['other'] }],
    ['nothing', {}],
  ])('reach no container when they name %s', (_, scope) => {
    expect(environmentWith([variable('a', scope)])).toEqual({});
  });

  it("are weaker than the container's own variables, and the later of two is the stronger", () => {
    const global = { global: true };
    const again = variable('a', global, { source: { type: 'raw', details: { value: 'later' } } });
    expect(environmentWith([variable('a', global), variable('b', global), again], { B: 'own' })).toEqual({
      A: 'later',
      B: 'own',
    });
  });

  it.each([
    ['null', null, {}],
    ['false', false, {}],
    ['true, as in older stacks', true, { a: 'value of a' }],
    ['no key', {}, { a: 'value of a' }],
  ])('with %s for env_variable have their names accordingly', (_, envVariable, expected) => {
    const access = { env_variable: envVariable };
    expect(environmentWith([variable('a', { global: true }, { access })])).toEqual(expected);
  });

  it('keep a name that objects have by birth', () => {
    const access = { env_variable: { key: '__proto__' } };
    const environment = environmentWith([variable('a', { global: true }, { access })]);
    expect(Object.entries(environment)).toEqual([['__proto__', 'value of a']]);
  });

  it.each([
    [
      { source: { type: 'url', details: { url: 'https://example.com' } } },
      'scoped_variables[0].source: values from a URL are not supported by the emulator, variable ignored',
    ],
    [
      { source: { type: 'raw', details: { value: 'x', secret: { iv: 'ab', hint: '' } } } },
      'scoped_variables[0].source.details.secret: encrypted values are not supported by the emulator, variable ignored',
    ],
    [
      { scope: { containers: { identifiers: ['jbo'] } } },
      'scoped_variables[0].scope.containers.identifiers[0]: "jbo" is not a container of this stack, did you mean "job"?',
    ],
  ])('warn where the emulator leaves %j out', (more, warning) => {
    const stack = parseSample({ scoped_variables: [variable('a', { global: true }, more)] });
    expect(stack.warnings).toEqual([warning]);
    expect(stack.functions[0]?.environment).toEqual({});
  });
});
