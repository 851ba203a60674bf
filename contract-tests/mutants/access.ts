import type { Call, Operation } from '../reference/rules.ts';
import { changeAnswers, fails, isRefusedAs, type Mutant, notes, refuseAs, warns } from './mutant.ts';

const unchecked = (operation: Operation): Mutant =>
  fails(`key-unchecked-on-${operation}`, `Requests for ${operation} need no key.`, ({ admits }) => ({
    admits: (call) => call.path.endsWith(`/${operation}`) || admits(call),
  }));

/** Also lets in other requests than those with the right key. */
export const admitting = (name: string, description: string, also: (call: Call, right: string) => boolean): Mutant =>
  fails(name, description, ({ admits }, { accessKey }) => ({
    admits: (call) => admits(call) || also(call, accessKey),
  }));

/** Who gets in. */
export const accessMutants: readonly Mutant[] = [
  unchecked('claim'),
  unchecked('spawn'),
  unchecked('release'),
  unchecked('active'),
  admitting('key-of-any-kind', 'Any text in the header lets in.', ({ key = '' }) => key !== ''),
  admitting('key-empty', 'An empty key lets in.', ({ key }) => key === ''),
  admitting('key-by-its-start', 'The beginning of a key lets in.', ({ key }, right) =>
    key ? right.startsWith(key) : false,
  ),
  admitting('key-and-more', 'A key with something behind it lets in.', ({ key = '' }, right) => key.startsWith(right)),
  admitting(
    'key-without-case',
    'A key lets in regardless of the case of its letters.',
    ({ key = '' }, right) => key.toLowerCase() === right.toLowerCase(),
  ),
  admitting('key-missing-lets-in', 'A request without the header gets in.', ({ key }) => key === undefined),
  fails('key-checked-once-per-connection', 'A good key opens its connection for further requests.', ({ admits }) => {
    const known = new WeakSet<object>();
    return {
      admits: (call) => {
        const isAdmitted = known.has(call.connection) || admits(call);
        if (isAdmitted) known.add(call.connection);
        return isAdmitted;
      },
    };
  }),
  admitting('key-in-the-query', 'A key in the query lets in.', ({ query }, right) =>
    [...query.values()].includes(right),
  ),
  admitting('key-as-bearer', 'A key in the header Authorization lets in.', ({ rawHeaders }, right) =>
    rawHeaders.includes(`Bearer ${right}`),
  ),
  fails('key-header-in-capitals-only', 'The header with the key is found only in capitals.', ({ admits }) => ({
    admits: (call) => call.rawHeaders.includes('X-CYCLE-ACCESS-KEY') && admits(call),
  })),
  warns('key-told-in-errors', 'Errors quote the access key.', (_rules, { accessKey }) => ({
    envelope: (rejection) => ({ error: { ...rejection, detail: `The key is ${accessKey}.` }, data: null }),
  })),
  notes('key-after-the-body', 'The scheduler refuses a malformed request before it checks the key.', {
    checkOrder: ['checkPath', 'checkContainer', 'checkSize', 'checkType', 'checkSyntax', 'checkFields', 'checkKey'],
  }),
  notes('key-after-the-container', 'The scheduler refuses an unknown container before it checks the key.', {
    checkOrder: ['checkPath', 'checkContainer', 'checkKey', 'checkSize', 'checkType', 'checkSyntax', 'checkFields'],
  }),
  notes('key-refused-as-403', 'A bad key answers 403, like the client’s mock.', refuseAs('badKey', '403.permissions')),
  warns('key-refused-as-404', 'A bad key answers 404.', refuseAs('badKey', '404.uri')),
  fails('key-missing-crashes', 'A request without the header answers an internal error.', ({ checkKey, refuse }) => ({
    checkKey: (call) => (call.key === undefined ? refuse.failed : checkKey(call)),
  })),
  fails(
    'key-refused-with-its-own-words',
    'A bad key answers a body without the envelope.',
    changeAnswers(isRefusedAs('badKey'), { body: '{"message":"Unauthorized"}' }),
  ),
  fails('refused-keys-shut-out', 'For half a second after a wrong key the right one is refused too.', ({ admits }) => {
    let refusedAt = Number.NEGATIVE_INFINITY;
    return {
      admits: (call) => {
        if (performance.now() - refusedAt < 500) return false;
        const isGood = admits(call);
        if (!isGood && call.key !== undefined) refusedAt = performance.now();
        return isGood;
      },
    };
  }),
];
