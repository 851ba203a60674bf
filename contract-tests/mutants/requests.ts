import type { Call, CheckName, Operation, Rejection, Rules } from '../reference/rules.ts';
import { changeAnswers, type Expectation, isRefusedAs, type Mutant, refuseAs } from './mutant.ts';

const replacing = (
  name: string,
  description: string,
  expect: Expectation,
  check: CheckName,
  replacement: (call: Call, rules: Rules, check: (call: Call) => Rejection | null) => Rejection | null,
): Mutant => ({
  name,
  description,
  expect,
  apply: (rules) => {
    const original = rules.checks[check];
    rules.checks[check] = (call) => replacement(call, rules, original);
  },
});

const operationIn = (call: Call): Operation | null =>
  (/\/(claim|spawn|release|active)$/.exec(call.path)?.[1] as Operation | undefined) ?? null;

/** What becomes of bad requests. */
export const requestMutants: readonly Mutant[] = [
  {
    name: 'unknown-container-taken',
    description: 'An unknown container stands for the first one.',
    expect: 'fail',
    apply: (rules, reference) => {
      const { container } = rules.checks;
      rules.checks.container = (call) => {
        const rejection = container(call);
        if (call.fn === null && rejection === rules.refuse.noContainer) call.fn = reference.functions[0] ?? null;
        return call.fn ? null : rejection;
      };
    },
  },
  {
    name: 'unknown-container-active-empty',
    description: 'Of an unknown container an empty list is answered.',
    expect: 'fail',
    apply: (rules) => {
      const { container } = rules.checks;
      const nothing = { id: '', identifier: '', instances: [], free: [], line: [] };
      rules.checks.container = (call) => {
        const rejection = container(call);
        if (rejection && call.operation === 'active') call.fn = nothing;
        return call.fn ? null : rejection;
      };
    },
  },
  {
    name: 'unknown-container-as-404-uri',
    description: 'An unknown container answers the code of an unknown path.',
    expect: 'info',
    apply: (rules) => refuseAs(rules, 'noContainer', '404.uri'),
  },
  {
    name: 'unknown-container-as-422',
    description: 'An unknown container answers 422.',
    expect: 'info',
    apply: (rules) => refuseAs(rules, 'noContainer', '422.invalid-argument'),
  },
  {
    name: 'unknown-container-as-500',
    description: 'An unknown container answers an internal error.',
    expect: 'warn',
    apply: (rules) => refuseAs(rules, 'noContainer', '500.unknown'),
  },
  {
    name: 'unknown-path-taken',
    description: 'An unknown path answers 200.',
    expect: 'info',
    apply: (rules) => {
      const { path } = rules.checks;
      rules.checks.path = (call) => {
        const rejection = path(call);
        if (operationIn(call) === null) call.operation = 'active';
        return operationIn(call) === null ? null : rejection;
      };
      const { container } = rules.checks;
      rules.checks.container = (call) => {
        if (operationIn(call) !== null) return container(call);
        call.fn = { id: '', identifier: '', instances: [], free: [], line: [] };
        return null;
      };
    },
  },
  replacing(
    'method-ignored',
    'Any method will do.',
    'warn',
    'path',
    (call, _rules, check) =>
      check({ ...call, method: operationIn(call) === 'active' ? 'GET' : 'POST' }) ?? setOperation(call),
  ),
  {
    name: 'wrong-method-as-405',
    description: 'A wrong method answers 405, which the description does not list.',
    expect: 'info',
    apply: (rules) => {
      const { path } = rules.checks;
      const refused = { status: 405, code: '405.method-not-allowed', title: 'Method not allowed' };
      rules.checks.path = (call) => {
        const rejection = path(call);
        return rejection && operationIn(call) !== null ? refused : rejection;
      };
    },
  },
  {
    name: 'malformed-json-as-500',
    description: 'Malformed JSON answers an internal error.',
    expect: 'warn',
    apply: (rules) => refuseAs(rules, 'badSyntax', '500.unknown'),
  },
  {
    name: 'malformed-json-as-422',
    description: 'Malformed JSON answers 422.',
    expect: 'info',
    apply: (rules) => refuseAs(rules, 'badSyntax', '422.invalid-input'),
  },
  {
    name: 'malformed-json-as-html',
    description: 'Malformed JSON answers an HTML page.',
    expect: 'fail',
    apply: (rules) =>
      changeAnswers(rules, isRefusedAs(rules, 'badSyntax'), (answer) => ({
        ...answer,
        headers: { 'content-type': 'text/html; charset=utf-8' },
        body: '<!DOCTYPE html><title>Error</title><pre>SyntaxError: Unexpected token</pre>',
      })),
  },
  {
    name: 'malformed-json-crashes',
    description: 'Malformed JSON ends the connection without an answer.',
    expect: 'fail',
    apply: (rules) => {
      const { send } = rules;
      rules.send = (response, answer, call) =>
        answer.body.includes(rules.refuse.badSyntax.code) ? response.destroy() : send(response, answer, call);
    },
  },
  {
    name: 'malformed-json-unanswered',
    description: 'Malformed JSON is never answered.',
    expect: 'fail',
    apply: (rules) => {
      const { send } = rules;
      rules.send = (response, answer, call) => {
        if (!answer.body.includes(rules.refuse.badSyntax.code)) send(response, answer, call);
      };
    },
  },
  replacing('content-type-ignored', 'Any content type will do.', 'info', 'type', () => null),
  {
    name: 'content-type-as-500',
    description: 'A wrong content type answers an internal error.',
    expect: 'warn',
    apply: (rules) => refuseAs(rules, 'badType', '500.unknown'),
  },
  replacing(
    'missing-body-taken',
    'A missing body stands for an empty token.',
    'fail',
    'syntax',
    (call, _rules, check) => {
      if (call.text !== '') return check(call);
      call.fields = { token: '' };
      return null;
    },
  ),
  replacing(
    'missing-token-taken',
    'A missing token stands for an empty one.',
    'fail',
    'fields',
    (call, _rules, check) => {
      if (call.operation === 'claim' && call.fields?.['token'] === undefined)
        call.fields = { ...call.fields, token: '' };
      return check(call);
    },
  ),
  replacing('mistyped-token-taken', 'A number stands for a token.', 'fail', 'fields', (call, _rules, check) => {
    const { token } = call.fields ?? {};
    if (typeof token === 'number') call.fields = { ...call.fields, token: String(token) };
    return check(call);
  }),
  replacing('null-token-taken', 'Null stands for a token.', 'fail', 'fields', (call, _rules, check) => {
    if (call.fields?.['token'] === null) call.fields = { ...call.fields, token: 'null!' };
    return check(call);
  }),
  replacing(
    'array-body-crashes',
    'A body that is a list answers an internal error.',
    'fail',
    'fields',
    (call, rules, check) => (Array.isArray(call.fields) ? rules.refuse.failed : check(call)),
  ),
  replacing(
    'odd-instance-id-crashes',
    'An instance ID that is none answers an internal error.',
    'fail',
    'fields',
    (call, rules, check) => {
      const id = call.fields?.['instance_id'];
      return typeof id === 'string' && !/^[0-9a-f]{24}$/.test(id) ? rules.refuse.failed : check(call);
    },
  ),
  replacing(
    'short-token-spawns',
    'Spawn and release take tokens of four characters (D3).',
    'info',
    'fields',
    (call, _rules, check) => {
      const { token } = call.fields ?? {};
      return check(
        typeof token === 'string' ? { ...call, fields: { ...call.fields, token: token.padEnd(5, '-') } } : call,
      );
    },
  ),
  replacing(
    'unknown-fields-refused',
    'A field that the description does not know is refused.',
    'warn',
    'fields',
    (call, rules, check) => {
      const known = ['token', 'instance_id', 'runtime_variables'];
      const unknown = Object.keys(call.fields ?? {}).find((name) => !known.includes(name));
      return check(call) ?? (unknown === undefined ? null : { ...rules.refuse.invalid, source: `/${unknown}` });
    },
  ),
  {
    name: 'large-body-as-500',
    description: 'A large body answers an internal error.',
    expect: 'warn',
    apply: (rules) => refuseAs(rules, 'tooLarge', '500.unknown'),
  },
  {
    name: 'large-body-as-413',
    description: 'A large body answers 413, which the description does not list.',
    expect: 'info',
    apply: (rules) => {
      rules.refuse.tooLarge = { status: 413, code: '413.too-large', title: 'Too large' };
    },
  },
];

const setOperation = (call: Call): null => {
  call.operation = operationIn(call);
  return null;
};
