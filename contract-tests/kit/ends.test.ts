import { randomBytes } from 'node:crypto';
import type { RequestListener, ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { startOddServer } from '../../test/support/odd-server.ts';
import { startSimulatedTarget } from '../../test/support/simulated-target.ts';
import { runContract } from '../suites/index.ts';

const container = '65a0000000000000000000c1';

/** A run by URL in a fraction of its usual time. */
const against = {
  accessKey: 'a-key-of-the-test',
  containers: [container],
  ledgerFolder: false,
  only: ['CLAIM', 'SPAWN', 'RELEASE', 'POOL', 'TURN', 'LINE', 'LEASE'],
  requestTimeoutMs: 1_500,
  settleMs: 100,
  callback: { mode: 'off' },
  bounds: { maxSeconds: 6 },
} as const;

/** What is left open at the end is waited for until its ten seconds are over: not in each test. */
const atOnce = { advanceClock: () => Promise.resolve() };

const send = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
const refuse = (response: ServerResponse, status: number, code: string): void =>
  send(response, status, { error: { status, code, title: 'Refused' }, data: null });

const instanceOf = (id: string) => ({ data: { instance_id: id, environment: {}, token: 'a-token' } });

/** Lists nothing and refuses strangers; claims and spawns are the oddity's. */
const odd =
  (
    claim: (response: ServerResponse) => void,
    spawn = (response: ServerResponse) => refuse(response, 403, '403.mismatch'),
  ) =>
  (...[request, response]: Parameters<RequestListener>): void => {
    request.resume();
    if (request.headers['x-cycle-access-key'] !== against.accessKey) refuse(response, 401, '401.auth-invalid');
    else if (request.url?.endsWith('/active')) send(response, 200, { data: {} });
    else if (request.url?.endsWith('/claim')) claim(response);
    else if (request.url?.endsWith('/spawn')) spawn(response);
    else refuse(response, 403, '403.mismatch');
  };

const drip = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/json' }).write('{');
  const timer = setInterval(() => response.write(' '), 100);
  response.on('close', () => clearInterval(timer));
};
const flood = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const part = Buffer.alloc(1024 ** 2, 32);
  const pour = (): void => {
    while (!response.destroyed && response.write(part));
  };
  response.on('drain', pour);
  pour();
};

const servers: readonly (readonly [string, RegExp, RequestListener])[] = [
  ['answers no claim', /claimInstance is no longer answered/, odd(() => {})],
  ['answers claims by a byte now and then', /claimInstance is no longer answered/, odd(drip)],
  ['answers claims without an end', /more than 8 MiB|may take only 6 s/, odd(flood)],
];

const sameInstance = odd((response) => send(response, 200, instanceOf('0'.repeat(24))));
const noSpawn = odd(
  (response) => send(response, 200, instanceOf(randomBytes(12).toString('hex'))),
  () => {},
);

describe('a run against a server that', () => {
  test.concurrent.each([
    ['answers no spawn', noSpawn],
    ['grants always the same instance', sameInstance],
  ] as const)(
    '%s ends at most a lease after its time limit',
    async (_what, listener) => {
      await using server = await startOddServer(listener);
      const { verdict, cases, untried, durationMs } = await runContract({ ...against, url: server.url });
      expect(verdict).toBe('broken');
      expect(cases.filter(({ outcome }) => outcome === 'error')).toEqual([]);
      expect(untried.length).toBeGreaterThan(0);
      // Six seconds, and twelve at most to give back or to let run out what is open.
      expect(durationMs).toBeLessThan(20_000);
    },
    40_000,
  );

  test.concurrent.each(servers)(
    '%s names what it has not tried, and blames the server',
    async (_what, reason, listener) => {
      await using server = await startOddServer(listener);
      const { verdict, untried, cases, message } = await runContract({ ...against, ...atOnce, url: server.url });
      expect(verdict, message).toBe('broken');
      expect(cases.filter(({ outcome }) => outcome === 'error')).toEqual([]);
      expect(untried.map((one) => one.reason).join()).toMatch(reason);
      expect(message).toMatch(/\d+ cases were not tried\.$/);
    },
    30_000,
  );

  test.concurrent('never has an instance does not blame it, and names what was not tried', async () => {
    await using server = await startOddServer(odd((response) => refuse(response, 504, '504.not-available')));
    const { verdict, untried } = await runContract({ ...against, ...atOnce, url: server.url });
    expect(verdict).toBe('incomplete');
    expect(untried.map((one) => one.reason).join()).toMatch(/no instance can be claimed any longer/);
  });

  test.concurrent('grants without an end blames it, within its time limit', async () => {
    const grant = odd((response) => send(response, 200, instanceOf(randomBytes(12).toString('hex'))));
    await using server = await startOddServer(grant);
    const { verdict, durationMs } = await runContract({ ...against, ...atOnce, url: server.url });
    expect(verdict).toBe('broken');
    expect(durationMs).toBeLessThan(20_000);
  }, 30_000);

  test.concurrent('stops answering ends before its time limit', async () => {
    let requests = 0;
    await using server = await startOddServer((request, response) => {
      requests += 1;
      if (requests <= 6) odd(() => {})(request, response);
    });
    const more = { only: ['ACCESS'], bounds: { maxSeconds: 60 } };
    const { verdict, untried, durationMs } = await runContract({ ...against, url: server.url, ...more });
    expect(verdict).toBe('broken');
    expect(untried.map(({ reason }) => reason).join()).toMatch(/\d requests in a row were not answered: no complete/);
    expect(durationMs).toBeLessThan(20_000);
  }, 30_000);
});

test('a run that reaches its time limit never conforms', async () => {
  await using target = await startSimulatedTarget();
  const { verdict, exitCode, untried, message } = await runContract({
    ...target.options,
    bounds: { maxSeconds: 0.3 },
  });
  expect({ verdict, exitCode }).toEqual({ verdict: 'incomplete', exitCode: 2 });
  expect(untried.flatMap(({ cases }) => cases)).toContain('RUN-001');
  expect(message).toMatch(/^The run could not try everything.* By its pace --max-seconds \d+0 would be enough\.$/);
});
