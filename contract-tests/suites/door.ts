import {
  type Answer,
  type CaseRequest,
  describe,
  group,
  madeFromKey,
  methodOf,
  noKey,
  type Operation,
  oddKeys,
  oddPaths,
  operationNames,
  pathOf,
  type Scenario,
  spawnBody,
  unknownId,
  unknownKey,
} from '../kit/index.ts';

const define = group({ evidence: 'documented', source: 'accessKey', level: 'probe', operations: [...operationNames] });

const keyNeeded = 'Every operation requires an access key that the scheduler knows, in its own header.';

/** Whether a request without a good key got something. What a proxy in front says by itself is no data of the API’s. */
const checkKeptOut = (s: Scenario, answer: Answer, how: string): boolean => {
  const isKeptOut = answer.status >= 300 && answer.status < 500;
  const isForeign = answer.status < 300 && answer.data === undefined;
  return s.checkAnswer(answer, isKeptOut || isForeign, `${keyNeeded} Not ${how}.`, 'a refusal');
};

type Trick = { readonly what: string; readonly headers: Readonly<Record<string, string>> };

/** Headers by which a proxy vouches for others. From outside they mean nothing. */
const vouching: readonly Trick[] = [
  {
    what: 'for an address that a proxy names',
    headers: {
      'X-Forwarded-For': '127.0.0.1',
      'X-Real-IP': '127.0.0.1',
      'True-Client-IP': '127.0.0.1',
      'X-Client-IP': '127.0.0.1',
      'X-Forwarded-Host': 'localhost',
      'X-Forwarded-Proto': 'https',
      Forwarded: 'for=127.0.0.1;host=localhost;proto=https',
      Via: '1.1 localhost',
    },
  },
  {
    what: 'for a user that a proxy names',
    headers: {
      'X-Forwarded-User': 'admin',
      'X-Remote-User': 'admin',
      'Remote-User': 'admin',
      'X-Authenticated-User': 'admin',
      'X-Auth-Request-User': 'admin',
      'X-Internal-Request': 'true',
    },
  },
  {
    what: 'for another method than the request’s',
    headers: { 'X-HTTP-Method-Override': 'OPTIONS', 'X-HTTP-Method': 'OPTIONS', 'X-Method-Override': 'OPTIONS' },
  },
];

/** A key in places that are none for it. */
const misplaced = ({ run: { accessKey } }: Scenario): readonly Trick[] => [
  {
    what: 'a key in other headers',
    headers: {
      Authorization: `Bearer ${accessKey}`,
      Cookie: `X-CYCLE-ACCESS-KEY=${accessKey}; access_key=${accessKey}`,
      'X-API-Key': accessKey,
      'X-Access-Key': accessKey,
    },
  },
  {
    what: 'a key as a password',
    headers: { Authorization: `Basic ${Buffer.from(`cycle:${accessKey}`, 'latin1').toString('base64')}` },
  },
  { what: 'a key in the header Authorization by itself', headers: { Authorization: accessKey } },
];

const tricksOf = (s: Scenario): readonly Trick[] => [
  { what: 'without any', headers: {} },
  ...vouching,
  ...misplaced(s),
];

/** An effective request without a key, by each of the tricks. */
const isKeptOutByAll = async (s: Scenario, request: CaseRequest): Promise<boolean> => {
  for (const { what, headers } of tricksOf(s)) {
    for (const key of [noKey, unknownKey]) {
      if (!checkKeptOut(s, await s.send({ ...request, headers, key }), what)) return false;
    }
  }
  return true;
};

const bodyWithKey = (s: Scenario, operation: Operation): CaseRequest => {
  const request = s.harmlessRequest(operation);
  const { accessKey } = s.run;
  const query = ['access_key', 'key', 'X-CYCLE-ACCESS-KEY'].map((name) => `${name}=${encodeURIComponent(accessKey)}`);
  const path = `${pathOf(operation, s.container)}?${query.join('&')}`;
  if (typeof request.body !== 'object') return { ...request, path };
  return { ...request, path, body: { ...request.body, access_key: accessKey, 'X-CYCLE-ACCESS-KEY': accessKey } };
};

/** Some thousand characters more than a server reads at once. */
const padding = 'x'.repeat(70_000);

/** A refused request, and one with the right key that follows it over the same connection. */
const refuseAndGoOn = async (s: Scenario, refused: CaseRequest): Promise<void> => {
  const reply = await s.trySend(refused);
  if (reply.failure !== undefined) return;
  checkKeptOut(s, reply, 'without a good key');
  const next = await s.trySend({ operation: 'getActiveInstances' });
  // A server may close a connection after it has answered, if it says so.
  if (/close/i.test(reply.headers['connection'] ?? '')) return;
  s.check(next.failure === undefined && next.status !== 401 && next.status !== 403, {
    rule: 'A refused request costs the next one nothing.',
    expected: 'the request with the right key is served',
    came: next.failure === undefined ? describe(next) : next.reason,
  });
};

/** Who gets in, and by which door. */
export const door = [
  define('DOOR-001', 'Headers by which a proxy vouches for a caller stand for no key.', async (s) => {
    for (const operation of operationNames) {
      for (const { what, headers } of vouching) {
        checkKeptOut(s, await s.send({ ...s.harmlessRequest(operation), headers, key: noKey }), what);
      }
    }
    const headers = vouching.flatMap((trick) => Object.entries(trick.headers));
    for (const [name, value] of headers) {
      const answer = await s.send({ operation: 'getActiveInstances', headers: { [name]: value }, key: unknownKey });
      checkKeptOut(s, answer, `for the header ${name}: ${value}`);
    }
    const path = pathOf('getActiveInstances', s.container);
    for (const open of ['/', '/health']) {
      const rewriting = { 'X-Original-URL': path, 'X-Rewrite-URL': path };
      const answer = await s.send({ operation: null, path: open, headers: rewriting, key: noKey });
      checkKeptOut(s, answer, `for a path that a header names at ${open}`);
    }
  }),
  define('DOOR-002', 'A key counts in its own header alone, by itself and as it is.', async (s) => {
    for (const operation of operationNames) {
      for (const { what, headers } of misplaced(s)) {
        checkKeptOut(s, await s.send({ ...s.harmlessRequest(operation), headers, key: noKey }), what);
      }
      checkKeptOut(s, await s.send({ ...bodyWithKey(s, operation), key: noKey }), 'a key in the query or the body');
    }
    const made = madeFromKey(s.run.accessKey);
    for (const { what, value } of oddKeys(s.run.accessKey)) {
      const shown = `<the key, ${what}>`;
      if (value.length > 5 && made.some((one) => one.value === value)) s.run.redaction.hide(value, shown);
      for (const operation of ['getActiveInstances', 'claimInstance'] as const) {
        const answer = await s.send({ ...s.harmlessRequest(operation), key: { value, shown } });
        checkKeptOut(s, answer, `a key that is not the right one: ${what}`);
      }
    }
  }),
  define('DOOR-003', 'No other spelling of a path leads past the key.', async (s) => {
    for (const operation of operationNames) {
      for (const { what, value: path } of oddPaths(pathOf(operation, s.container))) {
        const { body } = s.harmlessRequest(operation);
        const request = { operation: null, method: methodOf(operation), path, key: noKey, licence: 'proxy' } as const;
        const reply = await s.trySend(body === undefined ? request : { ...request, body });
        if (reply.failure === undefined) checkKeptOut(s, reply, `by the path ${what}`);
      }
    }
  }),
  define('DOOR-004', 'A refused request leaves its connection as it was: what follows with the right key is served.', {
    evidence: 'inferred',
    run: async (s) => {
      for (const operation of operationNames) {
        for (const key of [noKey, unknownKey]) {
          const request = s.harmlessRequest(operation);
          const body = typeof request.body === 'object' ? { body: { ...request.body, padding } } : {};
          await refuseAndGoOn(s, { ...request, key });
          await refuseAndGoOn(s, { ...request, ...body, key });
        }
      }
    },
  }),
  define('DOOR-005', 'Without the key no trick spawns or releases what another has claimed.', {
    level: 'lifecycle',
    operations: ['spawnInstance', 'releaseInstance'],
    run: async (s) => {
      const claimed = await s.claim();
      const body = spawnBody(claimed);
      if (!(await isKeptOutByAll(s, { operation: 'spawnInstance', body }))) return;
      const own = await s.sendSpawn(claimed);
      if (!s.checkOk(own, 'A refused request changes nothing.', 'the claim can be spawned by its owner')) return;
      const wasSeen = await s.isSeenAtWork(claimed);
      if (!(await isKeptOutByAll(s, { operation: 'releaseInstance', body }))) return;
      await s.pause(Math.min(s.run.settleMs, 250));
      await s.checkRunsOn(claimed, wasSeen);
    },
  }),
];

/** What it costs to turn callers away. */
export const doorCosts = [
  define('DOOR-006', 'A refused claim costs no instance.', {
    source: 'claim',
    level: 'disruptive',
    operations: ['claimInstance'],
    run: async (s) => {
      const count = await s.countFree();
      const operation = 'claimInstance';
      const refused = (): readonly CaseRequest[] => [
        { ...s.harmlessRequest(operation), key: noKey },
        { ...s.harmlessRequest(operation), key: unknownKey },
        { operation, body: '{"token":' },
        { operation, body: {} },
        { operation, body: { token: 12_345 } },
        { operation, container: unknownId(), body: { token: s.freshToken() } },
      ];
      for (let round = 0; round < count; round += 1) {
        for (const request of refused()) {
          if ((await s.send(request)).status === 200) s.skip('the target grants what is to be refused');
        }
      }
      const again = await s.claimUpTo(count);
      s.checkCount(again, count, 'A refused request changes nothing: as many instances are available as before.');
    },
  }),
];
