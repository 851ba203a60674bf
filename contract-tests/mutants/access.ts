import type { Operation } from '../reference/rules.ts';
import { isRefusedAs, type Mutant, refuseAs } from './mutant.ts';

const unchecked = (operation: Operation): Mutant => ({
  name: `key-unchecked-on-${operation}`,
  description: `Requests for ${operation} need no key.`,
  expect: 'fail',
  apply: (rules) => {
    const { admits } = rules;
    rules.admits = (key, call) => call.path.endsWith(`/${operation}`) || admits(key, call);
  },
});

const admitting = (name: string, description: string, also: (key: string, right: string) => boolean): Mutant => ({
  name,
  description,
  expect: 'fail',
  apply: (rules, { accessKey }) => {
    rules.admits = (key) => key === accessKey || (key !== undefined && also(key, accessKey));
  },
});

/** Who gets in. */
export const accessMutants: readonly Mutant[] = [
  unchecked('claim'),
  unchecked('spawn'),
  unchecked('release'),
  unchecked('active'),
  admitting('key-of-any-kind', 'Any text in the header lets in.', (key) => key !== ''),
  admitting('key-empty', 'An empty key lets in.', (key) => key === ''),
  admitting('key-by-its-start', 'The beginning of a key lets in.', (key, right) => key !== '' && right.startsWith(key)),
  admitting('key-and-more', 'A key with something behind it lets in.', (key, right) => key.startsWith(right)),
  admitting(
    'key-without-case',
    'A key lets in regardless of the case of its letters.',
    (key, right) => key.toLowerCase() === right.toLowerCase(),
  ),
  {
    name: 'key-missing-lets-in',
    description: 'A request without the header gets in; a wrong key does not.',
    expect: 'fail',
    apply: (rules) => {
      const { admits } = rules;
      rules.admits = (key, call) => key === undefined || admits(key, call);
    },
  },
  {
    name: 'key-checked-once-per-connection',
    description: 'A connection that has shown a good key needs none for its further requests.',
    expect: 'fail',
    apply: (rules) => {
      const { admits } = rules;
      const known = new WeakSet<object>();
      rules.admits = (key, call) => {
        const isAdmitted = known.has(call.connection) || admits(key, call);
        if (isAdmitted) known.add(call.connection);
        return isAdmitted;
      };
    },
  },
  {
    name: 'key-in-the-query',
    description: 'A key in the query lets in.',
    expect: 'fail',
    apply: (rules, { accessKey }) => {
      const { admits } = rules;
      rules.admits = (key, call) => [...call.query.values()].includes(accessKey) || admits(key, call);
    },
  },
  {
    name: 'key-as-bearer',
    description: 'A key in the header Authorization lets in.',
    expect: 'fail',
    apply: (rules, { accessKey }) => {
      const { admits } = rules;
      rules.admits = (key, call) => call.rawHeaders.includes(`Bearer ${accessKey}`) || admits(key, call);
    },
  },
  {
    name: 'key-header-in-capitals-only',
    description: 'The header with the key is found only in capitals.',
    expect: 'fail',
    apply: (rules) => {
      const { admits } = rules;
      rules.admits = (key, call) => call.rawHeaders.includes('X-CYCLE-ACCESS-KEY') && admits(key, call);
    },
  },
  {
    name: 'key-told-in-errors',
    description: 'Errors quote the access key.',
    expect: 'warn',
    apply: (rules, { accessKey }) => {
      rules.envelope = (rejection) => ({ error: { ...rejection, detail: `The key is ${accessKey}.` }, data: null });
    },
  },
  {
    name: 'key-after-the-body',
    description: 'The scheduler refuses a malformed request before it checks the key.',
    expect: 'info',
    apply: (rules) => {
      rules.checkOrder = ['path', 'container', 'size', 'type', 'syntax', 'fields', 'key'];
    },
  },
  {
    name: 'key-after-the-container',
    description: 'The scheduler refuses an unknown container before it checks the key.',
    expect: 'info',
    apply: (rules) => {
      rules.checkOrder = ['path', 'container', 'key', 'size', 'type', 'syntax', 'fields'];
    },
  },
  {
    name: 'key-refused-as-403',
    description: 'A bad key answers 403, as the official client’s own mock does.',
    expect: 'info',
    apply: (rules) => refuseAs(rules, 'badKey', '403.permissions'),
  },
  {
    name: 'key-refused-as-404',
    description: 'A bad key answers 404.',
    expect: 'warn',
    apply: (rules) => refuseAs(rules, 'badKey', '404.uri'),
  },
  {
    name: 'key-missing-crashes',
    description: 'A request without the header answers an internal error.',
    expect: 'fail',
    apply: (rules) => {
      const { key } = rules.checks;
      rules.checks.key = (call) => (call.key === undefined ? rules.refuse.failed : key(call));
    },
  },
  {
    name: 'key-refused-with-its-own-words',
    description: 'A bad key answers a body without the envelope.',
    expect: 'fail',
    apply: (rules) => {
      const { answer } = rules;
      const isBadKey = isRefusedAs(rules, 'badKey');
      rules.answer = (outcome, call) => {
        const usual = answer(outcome, call);
        return isBadKey(outcome) ? { ...usual, body: '{"message":"Unauthorized"}' } : usual;
      };
    },
  },
];
