import { accept, readPath } from '../reference/requests.ts';
import type { Accepted, Call, Operation, Rules } from '../reference/rules.ts';
import { admitting } from './access.ts';
import { fails, type Mutant, warns } from './mutant.ts';

const header = ({ rawHeaders }: Call, name: string): string => {
  const at = rawHeaders.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name);
  return (at === -1 ? undefined : rawHeaders[at + 1]) ?? '';
};

const isLocal = (text: string): boolean => /(^|[\s=",])(127\.0\.0\.1|localhost)/.test(text);

/** The router serves a spelling of the path that the check of keys does not know. */
const spelling = (name: string, description: string, plain: (path: string) => string): Mutant =>
  fails(name, description, ({ checkKey }) => ({
    checkKey: (call) => {
      const path = plain(call.path);
      if (path === call.path) return checkKey(call);
      call.path = path;
      return null;
    },
  }));

/** What a request without a good key does all the same. */
const actingUnseen = (
  operation: Operation,
  name: string,
  description: string,
  act: (rules: Rules, call: Accepted) => void,
): Mutant =>
  fails(name, description, (rules) => {
    const { checkKey } = rules;
    return {
      checkKey: (call) => {
        const rejection = checkKey(call);
        if (rejection === null || readPath(call.path)?.operation !== operation) return rejection;
        try {
          const known = { ...call, operation, fields: JSON.parse(call.text) };
          if (rules.checkContainer(known) === null) act(rules, accept(known));
        } catch {
          // What is no JSON says nothing to do.
        }
        return rejection;
      },
    };
  });

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
    /^options$/i.test(header(call, 'x-http-method-override')),
  ),
  fails('door-open-to-original-url', 'A path for health needs no key; a header names another.', ({ checkKey }) => ({
    checkKey: (call) => {
      const original = header(call, 'x-original-url') || header(call, 'x-rewrite-url');
      const isFree = /^\/(health)?$/.test(call.path) && original !== '';
      if (original !== '') call.path = original;
      return isFree ? null : checkKey(call);
    },
  })),
  spelling(
    'door-by-capitals',
    'Paths are served in any case; the key is asked for where they are in small letters.',
    (path) => (path.startsWith('/V1/') ? path.toLowerCase() : path),
  ),
  spelling('door-by-slashes', 'A doubled slash is one for the router and another path for the check of keys.', (path) =>
    path.replace(/^\/\/v1\//, '/v1/'),
  ),
  spelling('door-by-slash-behind', 'A path with a slash behind it is served without a key.', (path) =>
    path.replace(/^(\/v1\/.*[a-z])\/$/, '$1'),
  ),
  spelling('door-by-percent', 'A path in which letters are encoded is served without a key.', (path) =>
    path.replace(/%([2-7][\da-f])/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  ),
  spelling('door-by-parameter', 'A path with a parameter behind a semicolon is served without a key.', (path) =>
    path.replace(/;[^/]*/g, ''),
  ),
  spelling('door-by-suffix', 'A path that ends with .json is served without a key.', (path) =>
    path.replace(/\.json$/, ''),
  ),
  admitting('door-by-cookie', 'A key in a cookie lets in.', (call, right) =>
    header(call, 'cookie')
      .split(/[=;,\s]/)
      .includes(right),
  ),
  admitting('door-by-body', 'A key in the body lets in.', (call, right) => call.text.includes(JSON.stringify(right))),
  admitting('door-by-basic', 'A key as the password of HTTP’s basic authentication lets in.', (call, right) =>
    Buffer.from(header(call, 'authorization').replace(/^Basic /, ''), 'base64')
      .toString()
      .split(':')
      .includes(right),
  ),
  admitting('door-by-api-key', 'A key in X-API-Key lets in.', (call, right) => header(call, 'x-api-key') === right),
  admitting('door-by-list', 'Of several keys in the header one that is right is enough.', ({ key = '' }, right) =>
    key.split(/[\s,;]+/).includes(right),
  ),
  admitting('door-by-scheme', 'A key behind the word Bearer lets in.', ({ key }, right) => key === `Bearer ${right}`),
  admitting('door-by-star', 'The key * lets in.', ({ key }) => key === '*'),
  admitting('door-of-an-object', 'Names that all objects have are keys.', ({ key }) => key !== undefined && key in {}),
  fails('door-open-while-busy', 'While a request with the right key is under way all others get in.', (rules) => {
    const { admits, claim, spawn } = rules;
    let busy = 0;
    const counting =
      (work: Rules['claim']): Rules['claim'] =>
      async (call) => {
        busy += 1;
        try {
          return await work(call);
        } finally {
          busy -= 1;
        }
      };
    return {
      admits: (call) => admits(call) || (busy > 0 && call.key !== undefined),
      claim: counting(claim),
      spawn: counting(spawn),
    };
  }),
  warns('door-shut-after-refusal', 'After a refused key the connection’s next request is refused.', ({ admits }) => {
    const shut = new WeakSet<object>();
    return {
      admits: (call) => {
        const isGood = admits(call);
        const isAdmitted = isGood && !shut.delete(call.connection);
        if (!isGood) shut.add(call.connection);
        return isAdmitted;
      },
    };
  }),
  warns('door-breaks-after-refusal', 'A refused key with a body breaks the next request.', ({ send, refuse }) => {
    const broken = new WeakSet<object>();
    return {
      send: (response, answer, call) => {
        if (broken.delete(call.connection)) return void response.destroy();
        if (answer.body.includes(refuse.badKey.code) && call.text.length > 10_000) broken.add(call.connection);
        send(response, answer, call);
      },
    };
  }),
  actingUnseen(
    'claim',
    'door-refused-claim-costs',
    'A claim refused for its key takes an instance.',
    (rules, { fn, token }) => {
      const instance = rules.pick(fn);
      if (instance) rules.take(instance, token);
    },
  ),
  actingUnseen(
    'spawn',
    'door-refused-spawn-ends-the-claim',
    'A spawn refused for its key ends the claim.',
    (rules, { fn, token, instanceId }) => {
      const instance = rules.find(fn, instanceId);
      if (instance?.token === token && instance.spawnedAt === null) rules.free(instance);
    },
  ),
  actingUnseen(
    'release',
    'door-refused-release-of-wrong-keys',
    'A release refused for its key ends the run.',
    (rules, call) => {
      if (call.key !== undefined) void rules.release(call);
    },
  ),
  fails('door-refused-claim-of-bad-bodies-costs', 'A claim refused for its body takes an instance.', (rules) => {
    const { checkFields } = rules;
    return {
      checkFields: (call) => {
        const rejection = checkFields(call);
        const instance = rejection && call.operation === 'claim' && call.fn ? rules.pick(call.fn) : undefined;
        if (instance) rules.take(instance, 'lost');
        return rejection;
      },
    };
  }),
  fails('body-in-chunks-unread', 'A body without a Content-Length is taken to be empty.', ({ checkSyntax }) => ({
    checkSyntax: (call) => {
      if (header(call, 'transfer-encoding') === 'chunked') call.text = '';
      return checkSyntax(call);
    },
  })),
];
