import fc from 'fast-check';
import { anyCharacter } from '../any-text.ts';
import { functionPath, token } from './test-app.ts';

/** Whom random requests are addressed to: a function, one of its instances, and a key that opens its door. */
export type Target = { readonly containerId: string; readonly instanceId: string; readonly secret: string };

type Parts = {
  readonly method?: string;
  readonly path?: string;
  readonly key?: string;
  readonly type?: string;
  readonly body?: string | Uint8Array;
};

export type Write = (parts: Parts) => Buffer;

/** Writes requests to the target that are right but for the parts given. */
export const createWriter =
  ({ containerId, secret }: Target): Write =>
  ({
    method = 'POST',
    path = functionPath('claim', containerId),
    key = secret,
    type = 'application/json',
    ...rest
  }) => {
    const body = Buffer.from(rest.body ?? JSON.stringify({ token }));
    const head = [
      `${method} ${path} HTTP/1.1`,
      'Host: x',
      'Connection: close',
      `X-CYCLE-ACCESS-KEY: ${key}`,
      `Content-Type: ${type}`,
      `Content-Length: ${body.length}`,
    ];
    return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
  };

const printable = fc.string({ unit: 'grapheme-ascii', maxLength: 40 });
const urlText = fc.string({ unit: fc.constantFrom(...'abcF09-_.~%/:@!$&()*+,;=?[]{}|^`"<>\\') });
const isClaim = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'token' in value && typeof value.token === 'string';
const isHexId = (text: string): boolean => /^[0-9a-f]{24}$/.test(text);

/** Requests of many kinds, each of which a scheduler is to answer 4xx. */
export const badRequests = (target: Target): fc.Arbitrary<Buffer> => {
  const write = createWriter(target);
  const spawn = functionPath('spawn', target.containerId);
  const { instanceId, secret } = target;
  return fc.oneof(
    // Unknown paths, some of them undecodable.
    fc
      .record({ method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'), rest: urlText })
      .map(({ method, rest }) => write({ method, path: `/${rest}` })),
    fc.constantFrom('GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND').map((method) => write({ method })),
    // Container IDs that are none.
    fc
      .oneof(fc.string({ unit: anyCharacter }).map(toWellFormedUrl), urlText.map(toWellFormedUrl))
      .map((id) => write({ path: functionPath('claim', id) })),
    // Bodies: JSON that is no claim, bytes, text cut short.
    fc
      .jsonValue()
      .filter((value) => !isClaim(value))
      .map((value) => write({ body: JSON.stringify(value) })),
    fc.uint8Array({ maxLength: 64 }).map((body) => write({ body })),
    fc.integer({ min: 1, max: 20 }).map((length) => write({ body: JSON.stringify({ token }).slice(0, length) })),
    fc
      .record({
        token: fc.oneof(fc.jsonValue(), fc.string({ maxLength: 4 })),
        instance_id: fc.oneof(fc.jsonValue(), fc.constant(instanceId)),
      })
      .filter(
        ({ token: given, instance_id: id }) => typeof given !== 'string' || given.length < 5 || !isHexId(String(id)),
      )
      .map((body) => write({ path: spawn, body: JSON.stringify(body) })),
    fc
      .dictionary(fc.string(), fc.oneof(fc.integer(), fc.constant(null), fc.array(fc.string())), { minKeys: 1 })
      .map((variables) => ({ token, instance_id: instanceId, runtime_variables: { environment_variables: variables } }))
      .map((body) => write({ path: spawn, body: JSON.stringify(body) })),
    // Headers.
    printable.map((type) => write({ type })),
    printable.filter((key) => key.trim() !== secret).map((key) => write({ key })),
    // What is no HTTP.
    printable.map((text) => Buffer.from(`!${text}\r\n\r\n`)),
    fc.uint8Array({ minLength: 1 }).map((bytes) => Buffer.from([0, ...bytes])),
    printable.map((text) => Buffer.from(`GET / HTTP/1.1\r\nX-CYCLE-ACCESS-KEY: ${secret}\r\n \u0000${text}\r\n\r\n`)),
    printable.map((text) => Buffer.from(`POST /${text} HTTP/${text}\r\n\r\n`)),
  );
};

/** Requests that are in order, and no two alike: in each of these ways a careless server collects memories of strangers. */
export const unlikeRequests = (target: Target): fc.Arbitrary<Buffer> => {
  const write = createWriter(target);
  const word = fc.string({ unit: fc.constantFrom(...'abcdefghij0123456789'), minLength: 5, maxLength: 40 });
  return fc.oneof(
    word.map((value) => write({ type: `application/json; profile=${value}` })),
    word.map((query) => write({ path: `${functionPath('claim', target.containerId)}?${query}=${query}` })),
    word.map((given) => write({ body: JSON.stringify({ token: given, [given]: given }) })),
    word.map((given) =>
      write({
        path: functionPath('release', target.containerId),
        body: JSON.stringify({ token: given, instance_id: target.instanceId }),
      }),
    ),
    word.map((key) => write({ key })),
  );
};

/** A path segment that decodes to the text (or to something like it), for any text. */
function toWellFormedUrl(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
