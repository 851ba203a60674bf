// Schedulers that all keep what the public texts say, and differ where the texts leave a choice.
// Each: why it is legitimate, then the settings that differ (see `defaults` in scheduler.mjs).

import { randomBytes } from 'node:crypto';

const random = (count) => Math.floor(Math.random() * count);
const newest = (count) => count - 1;
const isIds = (object) => Object.keys(object).every((name) => /^[0-9a-f]{24}$/i.test(name));

// A field the description does not know in every object, except in the map of instance IDs.
function extend(value) {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(extend);
  const entries = Object.entries(value).map(([name, inner]) => [name, extend(inner)]);
  return Object.fromEntries(isIds(value) ? entries : [['x_revision', 7], ...entries, ['links', [{ rel: 'self' }]]]);
}

// As Go's encoder writes it: nanoseconds, a zone offset, <>& escaped, a newline at the end.
const goDate = (ms) => new Date(ms + 7_200_000).toISOString().replace('Z', '004217+02:00');
const goEncode = (value) =>
  JSON.stringify(value).replace(/[<>&]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`) + '\n';
const goUnrouted = (allow) =>
  allow
    ? { status: 405, headers: { Allow: allow, 'X-Content-Type-Options': 'nosniff' }, text: 'Method Not Allowed\n' }
    : { status: 404, headers: { 'X-Content-Type-Options': 'nosniff' }, text: '404 page not found\n' };

const otherCodes = {
  missingKey: '401.unauthorized-application',
  wrongKey: '403.permissions',
  unknownContainer: '403.not-allowed',
  notAFunction: '503.not-enabled',
  contentType: '400.invalid-syntax',
  tooLarge: '422.invalid-input',
  badSyntax: '422.invalid-input',
  notAnObject: '400.invalid-syntax',
  missingField: '422.invalid-argument',
  badField: '422.invalid-input',
  wrongToken: '404.instance',
  notClaimed: '404.instance',
  expired: '404.instance',
  ended: '404.instance',
  released: '404.instance',
  alreadySpawned: '403.not-allowed',
  waitedTooLong: '503.not-ready',
};

const oauthBody = (kind, error) =>
  kind === 'missingKey' || kind === 'wrongKey'
    ? { error: 'invalid_client', error_description: error.detail }
    : { data: null, error };

export const variants = {
  v00: ['plain', 'The base itself: one plain reading of the description, release answers exactly SpawnedInstance.', {}],
  v01: [
    'other-codes',
    'Which documented code answers which refusal is nowhere fixed, nor which check comes first.',
    { codes: otherCodes, keyBeforePath: true, bodyBeforeContainer: true },
  ],
  v02: [
    'oauth-errors',
    'Authentication often sits in a gateway of its own that answers in the OAuth form; all else keeps the envelope.',
    { errorBody: oauthBody, headers: { 'Cache-Control': 'no-store' } },
  ],
  v03: [
    'underscore-codes',
    'The official client lists the same codes with underscores.',
    { codeText: (code) => code.replaceAll('-', '_') },
  ],
  v04: [
    'release-needs-spawn',
    'Release answers a spawned instance, so releasing what never was spawned may be refused.',
    { releaseUnspawned: false },
  ],
  v05: [
    'release-times',
    'The description has a ReleasedInstance too; its times are added to the fields that release names.',
    { releaseTimes: true },
  ],
  v06: [
    'release-again',
    'Releasing twice is nowhere forbidden: the second time answers 200 again.',
    { releaseAgain: ['released', 'ended', 'expired'] },
  ],
  v07: [
    'same-token-same-instance',
    'A token may name one claim: claiming again with it answers the claim it has.',
    { sameToken: 'same' },
  ],
  v08: [
    'token-once',
    'A token may name one claim: claiming again while it holds one is refused.',
    { sameToken: 'refuse' },
  ],
  v09: ['no-line', 'max_queue_time is the longest a claim waits; waiting not at all is within it.', { queueTime: 0 }],
  v10: [
    'any-order',
    'No text gives an order: instances and waiting callers are picked at random.',
    { pickInstance: random, pickWaiter: random },
  ],
  v11: [
    'warmest-first',
    'No text gives an order: the instance used last is the warmest and is granted first.',
    { pickInstance: newest },
  ],
  v12: ['late-lists', 'No text says how fresh the list is; it shows what was 1.5 s ago.', { listDelay: 1500 }],
  v13: [
    'late-ends',
    'Release is accepted at once, but that the function has ended is noticed 1.5 s later.',
    { noticeAfter: 1500 },
  ],
  v14: [
    'swept-leases',
    'The claim ends after ten seconds exactly; returning it to the pool is the work of a sweep every 2.5 s.',
    { sweepEvery: 2500 },
  ],
  v15: [
    'short-lived',
    'A function may end whenever it likes: these end by themselves 0.7 s after they started.',
    { runTime: 700 },
    ['--ends-by-itself'],
  ],
  v16: [
    'short-lived-late',
    'As v15, the end is noticed 1.5 s late, and a release after the end still answers 200.',
    { runTime: 700, noticeAfter: 1500, releaseAgain: ['released', 'ended'] },
    ['--ends-by-itself'],
  ],
  v17: [
    'proxied',
    'A reverse proxy in front is ordinary; only what never reaches the scheduler gets its HTML pages.',
    { proxy: true },
  ],
  v18: [
    'go-server',
    'What is none of the four operations is not described: it gets the text answers of a Go server, with Go dates.',
    {
      unrouted: goUnrouted,
      encode: goEncode,
      date: goDate,
      codes: { notAFunction: '422.not-compatible', wrongToken: '403.mismatch' },
    },
  ],
  v19: ['pool-of-one', 'max_pool_size may be one.', { poolSize: 1 }],
  v20: ['pool-of-two', 'max_pool_size may be two.', { poolSize: 2 }],
  v21: [
    'slow',
    'No text promises a speed: every answer takes 300 to 800 ms.',
    { answerAfter: () => 300 + random(500) },
  ],
  v22: [
    'strict',
    'A body with fields that are not described is no described body and may be refused.',
    { refuseUnknownFields: true, codes: { alreadySpawned: '403.invalid-state', tooLarge: '400.invalid-syntax' } },
  ],
  v23: [
    'lenient',
    'Taking more than described is allowed: any content type, trailing slashes, large bodies.',
    { anyContentType: true, trailingSlash: true, maxBody: 1 << 26 },
  ],
  v24: [
    'chunked-gzip',
    'HTTP lets a server answer in pieces, and compressed for a client that asks for it.',
    { chunked: true, gzip: true },
  ],
  v25: [
    'extra-fields',
    'No schema is closed: every object may have fields that are not described.',
    { encode: (value) => JSON.stringify(extend(value)) },
  ],
  v26: [
    'upper-case-ids',
    'An ID is 24 hex characters, in whichever case.',
    { newId: () => randomBytes(12).toString('hex').toUpperCase() },
  ],
  v27: ['no-addresses', 'ipv6 and legacy of an environment may both be null.', { addresses: false }],
  v28: [
    'grows',
    'max_pool_size is the most: the pool starts with one instance and makes the rest on demand.',
    { startWith: 1 },
  ],
  v29: [
    'two-at-a-time',
    'max_shard_concurrency may be lower than the pool: two of four run in parallel.',
    { maxConcurrency: 2 },
  ],
  v30: [
    'slow-start',
    'Spawn answers when the function runs, here after 1.5 s; until then it is listed as starting.',
    { startTime: 1500 },
  ],
  v31: [
    'three-operations',
    'The oldest description has no list of active instances.',
    { operations: ['claim', 'spawn', 'release'] },
  ],
  v32: [
    'closes',
    'HTTP lets a server close after every answer, and JSON may be indented.',
    { headers: { Connection: 'close' }, encode: (value) => JSON.stringify(value, null, 2) },
  ],
  v33: ['patient', 'max_queue_time may be long: a claim waits up to 25 s.', { queueTime: 25_000 }],
  v34: [
    'keeps-the-place',
    'No text has a caller leave the line by hanging up: it is granted all the same and lapses after ten seconds.',
    { noticeHangUps: false },
  ],
  v35: [
    'bare-errors',
    'Only status, code and title are required of an error.',
    { errorBody: (kind, { status, code, title }) => ({ error: { status, code, title }, data: null }) },
  ],
  v36: [
    'all-at-once',
    'What is legitimate alone is so together: proxied, slow, any order, late lists and ends, swept leases, other codes.',
    {
      proxy: true,
      answerAfter: () => 300 + random(500),
      pickInstance: random,
      pickWaiter: random,
      listDelay: 1500,
      noticeAfter: 1500,
      sweepEvery: 2500,
      codes: otherCodes,
      chunked: true,
      releaseUnspawned: false,
    },
  ],
};
