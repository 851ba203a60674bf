// A small scheduler of functions over HTTP, written from the public API description alone.
// Every choice the description leaves open is a setting, so that a variant is a few lines.

import { randomBytes } from 'node:crypto';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Pool, Problem } from './pool.mjs';

const never = 2 ** 30; // the longest a timer can be set to, about twelve days

export const codes = {
  missingKey: '401.auth-invalid',
  wrongKey: '401.auth-invalid',
  unknownPath: '404.uri',
  unknownContainer: '404.container',
  notAFunction: '404.container',
  contentType: '415.invalid-content-type',
  tooLarge: '422.max-exceeded',
  badSyntax: '400.invalid-syntax',
  notAnObject: '422.invalid-input',
  missingField: '422.missing-argument',
  badField: '422.invalid-argument',
  unknownField: '422.invalid-input',
  unknownInstance: '404.instance',
  wrongToken: '403.permissions',
  notClaimed: '403.mismatch',
  expired: '403.expired',
  ended: '403.expired',
  released: '403.expired',
  alreadySpawned: '409.duplicate-found',
  notSpawned: '403.not-ready',
  tokenTaken: '409.duplicate-found',
  noneFree: '503.not-ready',
  waitedTooLong: '504.not-available',
};

export const defaults = {
  // the function
  poolSize: 4,
  startWith: null, // fewer than poolSize: the rest is made on demand
  growTime: 400,
  maxConcurrency: Infinity,
  startTime: 80,
  stopTime: 150,
  runTime: never, // until released
  maxRuntime: 300_000,
  noticeAfter: 0,
  // claims
  lease: 10_000,
  sweepEvery: 0, // 0: every claim has its own timer
  queueTime: 4000,
  sameToken: 'another', // or 'same', or 'refuse'
  pickInstance: () => 0, // index among the free ones, longest free first
  pickWaiter: () => 0,
  noticeHangUps: true,
  releaseUnspawned: true,
  releaseAgain: [], // which ends ('released', 'ended') a later release may still answer 200 for
  releaseTimes: false,
  // the wire
  operations: ['claim', 'spawn', 'release', 'active'],
  listDelay: 0,
  codes,
  codeText: (code) => code,
  errorBody: (kind, error) => ({ data: null, error }),
  unrouted: null, // answers what is no operation by itself
  keyBeforePath: false,
  bodyBeforeContainer: false,
  refuseUnknownFields: false,
  anyContentType: false,
  trailingSlash: false,
  maxBody: 1 << 20,
  addresses: true,
  newId: () => randomBytes(12).toString('hex'),
  date: (ms) => new Date(ms).toISOString(),
  encode: JSON.stringify,
  answerAfter: () => 0,
  chunked: false,
  gzip: false,
  headers: {},
};

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value) => typeof value === 'string';
const isToken = (value) => isText(value) && [...value].length >= 5;
const isId = (value) => isText(value) && /^[0-9a-f]{24}$/i.test(value);
const isMap = (value) => isObject(value) && Object.values(value).every(isText);
const isVariables = (value) =>
  value === null || (isObject(value) && (value.environment_variables == null || isMap(value.environment_variables)));

// Fields of each body; those in `optional` may be left out.
const held = { token: isToken, instance_id: isId };
const bodies = { claim: { token: isText }, spawn: { ...held, runtime_variables: isVariables }, release: held };
const optional = new Set(['runtime_variables']);

export function createScheduler(overrides = {}) {
  const settings = { ...defaults, ...overrides, codes: { ...codes, ...overrides.codes } };
  const { newId, date } = settings;
  const key = `key-${randomBytes(9).toString('hex')}`;
  const shared = { hub: newId(), location: newId(), creator: newId(), environment: newId(), integration: newId() };
  const pools = [0, 1].map((number) => new Pool({ id: newId(), number }, settings));
  const nonFunction = newId();

  // --- what an answer shows ---

  function environment({ container, number }) {
    const net = `fd00::21:${container.number + 1}`;
    const v4 = `10.33.${container.number + 1}`;
    return {
      id: shared.environment,
      network_subnet: 'fd00::21:0:0:0/80',
      subnet: `${net}:0:0/96`,
      ipv6: settings.addresses ? { ip: `${net}:${number}:0`, cidr: `${net}:${number}:0/112` } : null,
      legacy: settings.addresses
        ? { host: number, subnet: container.number + 1, ipv4: { ip: `${v4}.${number}`, cidr: `${v4}.${number}/24` } }
        : null,
      mac_addr: `02:00:21:00:0${container.number + 1}:0${number}`,
      vxlan_tag: 33,
    };
  }

  const claimed = (instance, token) => ({ instance_id: instance.id, environment: environment(instance), token });
  const spawned = (instance, token) => ({ ...claimed(instance, token), server_id: instance.serverId });
  const time = (ms) => (ms === null ? null : date(ms));
  const times = (c) => ({ claimed: time(c.claimed), spawned: time(c.spawned), released: time(c.released) });

  function listed(instance) {
    return {
      id: instance.id,
      container_id: instance.container.id,
      creator: { id: shared.creator, type: 'environment' },
      hub_id: shared.hub,
      location_id: shared.location,
      environment: environment(instance),
      provider: { vendor: 'abstraction', integration_id: shared.integration, location: 'local' },
      server_id: instance.serverId,
      ready_state: 'active',
      hostname: `function-${instance.container.number}-${instance.number}`,
      function: { seed: instance.number },
      autoscale: instance.autoscaled ? { min_ttl: date(instance.created + 60_000) } : null,
      state: { current: instance.state, changed: date(instance.changed) },
      // `deleted` is required and not nullable: the zero date says that it has not happened.
      events: { created: date(instance.created), updated: date(instance.changed), deleted: '0001-01-01T00:00:00Z' },
    };
  }

  // --- the operations ---

  const operations = {
    async claim(pool, { token }, signal) {
      return claimed(await pool.claim(token, signal), token);
    },
    async spawn(pool, { instance_id, token }) {
      return spawned(await pool.spawn(instance_id, token), token);
    },
    release(pool, { instance_id, token }) {
      const [instance, claim] = pool.release(instance_id, token);
      return { ...spawned(instance, token), ...(settings.releaseTimes && times(claim)) };
    },
    active(pool) {
      return Object.fromEntries(pool.active().map((instance) => [instance.id, listed(instance)]));
    },
  };

  // --- from request to answer ---

  function checkKey(req) {
    const given = req.headers['x-cycle-access-key'];
    if (!given) throw new Problem('missingKey', 'an access key is required');
    if (given !== key) throw new Problem('wrongKey', 'the access key is not valid');
  }

  function route(req) {
    const path = req.url.split('?')[0];
    const trimmed = settings.trailingSlash ? path.replace(/\/+$/, '') : path;
    const [, id, name] = /^\/v1\/functions\/([^/]+)\/([a-z]+)$/.exec(trimmed) ?? [];
    if (!settings.operations.includes(name)) throw new Problem('unknownPath', 'no such path');
    const method = name === 'active' ? 'GET' : 'POST';
    if (req.method !== method) throw Object.assign(new Problem('unknownPath', 'no such operation'), { allow: method });
    return { id, name };
  }

  function findPool(id) {
    const wanted = id.toLowerCase();
    const pool = pools.find((p) => p.container.id.toLowerCase() === wanted);
    if (pool) return pool;
    if (wanted === nonFunction.toLowerCase()) throw new Problem('notAFunction', 'this container is no function');
    throw new Problem('unknownContainer', 'no such container');
  }

  async function readBody(req, name) {
    const type = (req.headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
    const chunks = [];
    let size = 0;
    // Read to the end even when it is too much: a client that still sends would not see the answer.
    for await (const chunk of req) {
      size += chunk.length;
      if (size <= settings.maxBody) chunks.push(chunk);
    }
    if (type !== 'application/json' && !settings.anyContentType)
      throw new Problem('contentType', 'the body must be application/json');
    if (size > settings.maxBody) throw new Problem('tooLarge', `the body may have ${settings.maxBody} bytes`);
    let body;
    try {
      body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
    } catch {
      throw new Problem('badSyntax', 'the body is not JSON');
    }
    checkBody(body, bodies[name]);
    return body;
  }

  function checkBody(body, fields) {
    if (!isObject(body)) throw new Problem('notAnObject', 'the body must be an object');
    for (const [field, valid] of Object.entries(fields)) {
      if (!Object.hasOwn(body, field)) {
        if (optional.has(field)) continue;
        throw new Problem('missingField', `${field} is missing`, `/${field}`);
      }
      if (!valid(body[field])) throw new Problem('badField', `${field} is not valid`, `/${field}`);
    }
    const extra = Object.keys(body).find((field) => !Object.hasOwn(fields, field));
    if (extra !== undefined && settings.refuseUnknownFields)
      throw new Problem('unknownField', 'not a field of this body', `/${extra}`);
  }

  async function perform(req, res) {
    if (settings.keyBeforePath) checkKey(req);
    const { id, name } = route(req);
    if (!settings.keyBeforePath) checkKey(req);
    const gone = new AbortController();
    if (settings.noticeHangUps) res.on('close', () => gone.abort());
    let pool = settings.bodyBeforeContainer ? null : findPool(id);
    const body = req.method === 'POST' ? await readBody(req, name) : null;
    pool ??= findPool(id);
    return { data: await operations[name](pool, body, gone.signal) };
  }

  function refusal({ kind, detail, source }) {
    const code = settings.codes[kind] ?? '500.unknown';
    const status = Number(code.slice(0, 3));
    const error = { status, code: settings.codeText(code), title: http.STATUS_CODES[status] };
    if (detail) error.detail = detail;
    if (source) error.source = source;
    return [status, settings.errorBody(kind, error)];
  }

  async function send(req, res, status, text, type) {
    await sleep(settings.answerAfter());
    if (res.destroyed) return;
    let bytes = Buffer.from(text);
    const headers = { 'Content-Type': type, ...settings.headers };
    if (settings.gzip) headers.Vary = 'Accept-Encoding';
    if (settings.gzip && /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(req.headers['accept-encoding'] ?? '')) {
      headers['Content-Encoding'] = 'gzip';
      bytes = gzipSync(bytes);
    }
    if (!settings.chunked) headers['Content-Length'] = bytes.length;
    res.writeHead(status, headers);
    if (settings.chunked) {
      for (let at = 0; at < bytes.length && !res.destroyed; at += 50) {
        res.write(bytes.subarray(at, at + 50));
        await sleep(1); // so that the pieces really travel one by one
      }
      res.end();
    } else res.end(bytes);
  }

  async function handle(req, res) {
    try {
      const answer = await perform(req, res);
      await send(req, res, 200, settings.encode(answer), 'application/json; charset=utf-8');
    } catch (problem) {
      if (problem.kind === 'hungUp' || req.errored) return;
      if (!(problem instanceof Problem)) console.error(problem);
      req.resume();
      if (problem.kind === 'unknownPath' && settings.unrouted) {
        const { status, headers, text } = settings.unrouted(problem.allow);
        for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
        return send(req, res, status, text, 'text/plain; charset=utf-8');
      }
      const [status, body] = refusal(problem);
      await send(req, res, status, settings.encode(body), 'application/json; charset=utf-8');
    }
  }

  const server = http.createServer({ keepAliveTimeout: 65_000 }, handle);
  server.on('clientError', (error, socket) => {
    if (!socket.writable) return;
    const text = settings.encode(refusal({ kind: 'badSyntax', detail: 'not an HTTP request' })[1]);
    socket.end(
      'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n' +
        `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    );
  });

  return { server, key, containers: pools.map((p) => p.container.id), nonFunction };
}
