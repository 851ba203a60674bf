import fc from 'fast-check';
import { mistyped, oddKeys, oddPaths } from '../kit/odd-values.ts';
import { accessKeyHeader, type CaseRequest, noKey, pathOf, unknownId } from '../kit/requests.ts';
import { type Rule, rules } from '../kit/rules.ts';
import { isRecord, type JsonRecord } from '../model/json.ts';
import { operationNames } from '../model/result.ts';
import { connection } from './claim-moves.ts';
import { anyMove, functionAt, heldAt, nth } from './move.ts';
import type { Walker } from './walker.ts';

/** A request that is right until `spoil` changes it. */
type Right = CaseRequest & { readonly operation: (typeof operationNames)[number]; readonly container: string };

/** A way to spoil a request so that the checks before the rules refuse it: key, path, headers, body. */
type Knock = {
  readonly what: string;
  readonly rule: Rule;
  spoil(right: Right, w: Walker, at: number): CaseRequest | null;
};

const withHeaders =
  (headersOf: (key: string) => Readonly<Record<string, string>>) =>
  (right: Right, w: Walker): CaseRequest => ({ ...right, key: noKey, headers: headersOf(w.run.accessKey) });

const keyless: readonly Knock[] = [
  { what: 'no key', spoil: withHeaders(() => ({})) },
  { what: 'an empty key', spoil: withHeaders(() => ({ [accessKeyHeader]: '' })) },
  { what: 'the key as a bearer token', spoil: withHeaders((key) => ({ Authorization: `Bearer ${key}` })) },
  { what: 'the key in another header', spoil: withHeaders((key) => ({ 'X-API-Key': key, 'X-CYCLE-KEY': key })) },
  {
    what: 'the key in a cookie',
    spoil: withHeaders((key) => ({ Cookie: `${accessKeyHeader}=${encodeURIComponent(key)}` })),
  },
  {
    what: 'headers by which proxies vouch',
    spoil: withHeaders(() => ({
      'X-Forwarded-For': '127.0.0.1',
      'X-Real-IP': '127.0.0.1',
      'X-Forwarded-User': 'admin',
    })),
  },
  {
    what: 'the key in the query',
    spoil: (right: Right, w: Walker) => {
      const query = ['key', 'access_key', accessKeyHeader].map(
        (name) => `${name}=${encodeURIComponent(w.run.accessKey)}`,
      );
      return { ...right, key: noKey, path: `${pathOf(right.operation, right.container)}?${query.join('&')}` };
    },
  },
  {
    what: 'no key and an odd path',
    spoil: (right: Right, _w: Walker, at: number) => {
      const odd = nth(oddPaths(pathOf(right.operation, right.container)), at);
      return { ...right, key: noKey, path: odd?.value ?? '/', licence: 'proxy' as const };
    },
  },
  {
    what: 'an odd key',
    spoil: (right: Right, w: Walker, at: number) => {
      const odd = nth(oddKeys(w.run.accessKey), at);
      return { ...right, key: { value: odd?.value ?? '', shown: odd?.what ?? '' } };
    },
  },
].map((knock) => ({ ...knock, rule: rules.key }));

/** Only requests that have a body can have a wrong one. */
const withBody =
  (bodyOf: (body: JsonRecord, at: number) => JsonRecord | string | undefined): Knock['spoil'] =>
  ({ body, ...right }, _w, at) => {
    if (!isRecord(body)) return null;
    const spoilt = bodyOf(body, at);
    return spoilt === undefined ? right : { ...right, body: spoilt };
  };

const without = (body: JsonRecord, name: string): JsonRecord =>
  Object.fromEntries(Object.entries(body).filter(([key]) => key !== name));

const malformed: readonly Knock[] = [
  { what: 'no body', spoil: withBody(() => undefined) },
  { what: 'half a body', spoil: withBody((body) => JSON.stringify(body).slice(0, -1)) },
  { what: 'a body and more behind it', spoil: withBody((body) => `${JSON.stringify(body)}}`) },
  { what: 'a body in a list', spoil: withBody((body) => JSON.stringify([body])) },
  { what: 'a text for a body', spoil: withBody((body) => JSON.stringify(JSON.stringify(body))) },
  { what: 'null for a body', spoil: withBody(() => 'null') },
  { what: 'no token', spoil: withBody((body) => without(body, 'token')) },
  {
    what: 'a mistyped token',
    spoil: withBody((body, at) => ({ ...body, token: nth(mistyped(String(body['token'])), at)?.value })),
  },
  {
    what: 'a mistyped instance',
    spoil: withBody((body, at) => ({ ...body, instance_id: nth(mistyped(String(body['instance_id'])), at)?.value })),
  },
  {
    what: 'an unknown container',
    spoil: (right: Right) => ({ ...right, container: unknownId() }),
  },
].map((knock) => ({ ...knock, rule: rules.malformed }));

const all = [...keyless, ...malformed];

const toRight = (w: Walker, at: number): Right => {
  const operation = nth(operationNames, at) ?? 'claimInstance';
  const held = heldAt(w, at);
  const container = held?.container ?? functionAt(w, at);
  if (operation === 'getActiveInstances') return { operation, container };
  if (operation === 'claimInstance') return { operation, container, body: { token: w.freshToken() } };
  const { token, instance } = held ?? { token: w.freshToken(), instance: unknownId() };
  return { operation, container, body: { token, instance_id: instance } };
};

/** A claim takes any instance_id, which it does not know. */
const isPointless = ({ what }: Knock, { operation }: Right): boolean =>
  what === 'a mistyped instance' && operation === 'claimInstance';

const send = async (w: Walker, on: number, knock: Knock, at: number): Promise<void> => {
  const right = toRight(w, at);
  const request = isPointless(knock, right) ? null : knock.spoil(right, w, at);
  if (request !== null) await w.mustRefuse(on, request, knock.rule);
};

/** Some at a time, since each is soon answered. */
export const knocks = anyMove(
  fc.tuple(connection, fc.array(fc.tuple(fc.nat(all.length - 1), fc.nat(59)), { minLength: 1, maxLength: 8 })),
  ([on, chosen]) => ({
    text: `requests with ${chosen.map(([which, at]) => `${all[which]?.what} (${at})`).join(', ')} (connection ${on})`,
    act: async (w) => {
      for (const [which, at] of chosen) {
        const knock = all[which];
        if (knock !== undefined) await send(w, on, knock, at);
      }
    },
  }),
);
