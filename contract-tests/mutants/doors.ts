import type { Call, Operation, Rules } from '../reference/rules.ts';
import { fails, type Mutant, warns } from './mutant.ts';

const header = ({ rawHeaders }: Call, name: string): string | undefined => {
  const at = rawHeaders.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name);
  return at === -1 ? undefined : rawHeaders[at + 1];
};

/** Lets in whom it should not. */
const admitting = (
  name: string,
  description: string,
  also: (call: Call, right: string, key: string | undefined) => boolean,
): Mutant =>
  fails(name, description, (rules, { accessKey }) => {
    const { admits } = rules;
    rules.admits = (key, call) => admits(key, call) || also(call, accessKey, key);
  });

/** The router serves a spelling of the path that the check of keys does not know. */
const spelling = (
  name: string,
  description: string,
  isOdd: (path: string) => boolean,
  plain: (path: string) => string,
) =>
  fails(name, description, (rules) => {
    const { key } = rules.checks;
    rules.checks.key = (call) => {
      if (!isOdd(call.path)) return key(call);
      Object.assign(call, { path: plain(call.path) });
      return null;
    };
  });

/** What a request without a good key does all the same. */
const actingUnseen = (
  name: string,
  description: string,
  operation: Operation,
  act: (rules: Rules, call: Call) => void,
) =>
  fails(name, description, (rules) => {
    const { key } = rules.checks;
    rules.checks.key = (call) => {
      const rejection = key(call);
      if (rejection === null) return null;
      const [, container, name] = /functions\/([^/]+)\/([a-z]+)$/.exec(call.path) ?? [];
      if (name !== operation || container === undefined) return rejection;
      try {
        const known = { ...call, operation, fields: JSON.parse(call.text) };
        if (rules.checks.container(known) === null) act(rules, known);
      } catch {
        // What is no JSON says nothing to do.
      }
      return rejection;
    };
  });

const isLocal = (text: string | undefined): boolean =>
  text !== undefined && /(^|[\s=",])(127\.0\.0\.1|localhost)/.test(text);

/** Ways past the key, and what refused requests cost. */
export const doorMutants: readonly Mutant[] = [
  admitting('door-open-to-forwarded-for', 'A request needs no key where X-Forwarded-For names this machine.', (call) =>
    isLocal(header(call, 'x-forwarded-for')),
  ),
  admitting('door-open-to-real-ip', 'A request needs no key where X-Real-IP names this machine.', (call) =>
    isLocal(header(call, 'x-real-ip')),
  ),
  admitting('door-open-to-forwarded', 'The header Forwarded vouches for callers.', (call) =>
    isLocal(header(call, 'forwarded')),
  ),
  admitting('door-open-to-users', 'A user that a proxy names needs no key.', (call) =>
    ['x-forwarded-user', 'x-remote-user', 'remote-user', 'x-authenticated-user'].some((name) => header(call, name)),
  ),
  admitting('door-open-to-method-override', 'A request that overrides its method with OPTIONS needs no key.', (call) =>
    /^options$/i.test(header(call, 'x-http-method-override') ?? ''),
  ),
  fails(
    'door-open-to-original-url',
    'A path for health needs no key, and another header says which path is meant.',
    (rules) => {
      const { key } = rules.checks;
      rules.checks.key = (call) => {
        const original = header(call, 'x-original-url') ?? header(call, 'x-rewrite-url');
        const isFree = /^\/(health)?$/.test(call.path) && original !== undefined;
        if (original !== undefined) Object.assign(call, { path: original });
        return isFree ? null : key(call);
      };
    },
  ),
  spelling(
    'door-by-capitals',
    'Paths are served in any case; the key is asked for where they are in small letters.',
    (path) => path.startsWith('/V1/'),
    (path) => path.toLowerCase(),
  ),
  spelling(
    'door-by-slashes',
    'A doubled slash is one for the router and another path for the check of keys.',
    (path) => path.startsWith('//v1/'),
    (path) => path.slice(1),
  ),
  spelling(
    'door-by-slash-behind',
    'A path with a slash behind it is served without a key.',
    (path) => /^\/v1\/.*[a-z]\/$/.test(path),
    (path) => path.slice(0, -1),
  ),
  spelling(
    'door-by-percent',
    'A path in which letters are encoded is served without a key.',
    (path) => /%[2-7][\da-f]/i.test(path),
    (path) => path.replace(/%([2-7][\da-f])/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  ),
  spelling(
    'door-by-parameter',
    'A path with a parameter behind a semicolon is served without a key.',
    (path) => path.includes(';'),
    (path) => path.replace(/;[^/]*/g, ''),
  ),
  spelling(
    'door-by-suffix',
    'A path that ends with .json is served without a key.',
    (path) => path.endsWith('.json'),
    (path) => path.slice(0, -5),
  ),
  admitting('door-by-cookie', 'A key in a cookie lets in.', (call, right) =>
    (header(call, 'cookie') ?? '').split(/[=;,\s]/).includes(right),
  ),
  admitting('door-by-body', 'A key in the body lets in.', (call, right) => call.text.includes(JSON.stringify(right))),
  admitting('door-by-basic', 'A key as the password of HTTP’s basic authentication lets in.', (call, right) =>
    Buffer.from((header(call, 'authorization') ?? '').replace(/^Basic /, ''), 'base64')
      .toString()
      .split(':')
      .includes(right),
  ),
  admitting(
    'door-by-api-key',
    'A key in the header X-API-Key lets in.',
    (call, right) => header(call, 'x-api-key') === right,
  ),
  admitting('door-by-list', 'Of several keys in the header one that is right is enough.', (_call, right, key) =>
    (key ?? '').split(/[\s,;]+/).includes(right),
  ),
  admitting(
    'door-by-scheme',
    'A key with the word Bearer before it lets in.',
    (_call, right, key) => key === `Bearer ${right}`,
  ),
  admitting('door-by-star', 'The key * lets in.', (_call, _right, key) => key === '*'),
  admitting(
    'door-of-an-object',
    'A name that all objects of JavaScript have is taken for a key.',
    (_call, _right, key) => key !== undefined && key in {},
  ),
  fails('door-open-while-busy', 'While a request with the right key is under way all others get in.', (rules) => {
    const { admits, claim, spawn } = rules;
    let busy = 0;
    rules.admits = (key, call) => admits(key, call) || (busy > 0 && key !== undefined);
    const counting =
      <Result>(work: (call: Call) => Promise<Result>) =>
      async (call: Call): Promise<Result> => {
        busy += 1;
        try {
          return await work(call);
        } finally {
          busy -= 1;
        }
      };
    rules.claim = counting(claim);
    rules.spawn = counting(spawn);
  }),
  warns(
    'door-shut-after-refusal',
    'After a refused key the next request over the connection is refused, too.',
    (rules) => {
      const { admits } = rules;
      const shut = new WeakSet<object>();
      rules.admits = (key, call) => {
        const isAdmitted = admits(key, call) && !shut.delete(call.connection);
        if (!isAdmitted && !admits(key, call)) shut.add(call.connection);
        return isAdmitted;
      };
    },
  ),
  warns(
    'door-breaks-after-refusal',
    'A refused key with a body breaks the next request over the connection.',
    (rules) => {
      const { send } = rules;
      const spoilt = new WeakSet<object>();
      rules.send = (response, answer, call) => {
        if (spoilt.delete(call.connection)) return void response.destroy();
        if (answer.body.includes(rules.refuse.badKey.code) && call.text.length > 10_000) spoilt.add(call.connection);
        send(response, answer, call);
      };
    },
  ),
  actingUnseen(
    'door-refused-claim-costs',
    'A claim that is refused for its key has taken an instance.',
    'claim',
    (rules, call) => {
      const instance = call.fn && rules.pick(call.fn);
      if (instance) rules.take(instance, String(call.fields['token']));
    },
  ),
  actingUnseen(
    'door-refused-spawn-ends-the-claim',
    'A spawn that is refused for its key ends the claim.',
    'spawn',
    (rules, call) => {
      const instance = call.fn && rules.find(call.fn, String(call.fields['instance_id']));
      if (instance?.token === call.fields['token'] && instance && instance.spawnedAt === null) rules.free(instance);
    },
  ),
  actingUnseen(
    'door-refused-release-of-wrong-keys',
    'A release with a wrong key is refused once the run has ended.',
    'release',
    (rules, call) => {
      if (call.key !== undefined) void rules.release(call);
    },
  ),
  fails(
    'door-refused-claim-of-bad-bodies-costs',
    'A claim that is refused for its body has taken an instance.',
    (rules) => {
      const { fields } = rules.checks;
      rules.checks.fields = (call) => {
        const rejection = fields(call);
        const instance = rejection && call.operation === 'claim' && call.fn ? rules.pick(call.fn) : undefined;
        if (instance) rules.take(instance, 'lost');
        return rejection;
      };
    },
  ),
  fails('body-in-chunks-unread', 'A body without a Content-Length is taken to be empty.', (rules) => {
    const { syntax } = rules.checks;
    rules.checks.syntax = (call) => {
      if (header(call, 'transfer-encoding') === 'chunked') Object.assign(call, { text: '' });
      return syntax(call);
    };
  }),
];
