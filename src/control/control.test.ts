import { describe, expect, it } from 'vitest';
import { callerOf } from '../../test/support/caller.ts';
import { accessKey, sampleStack } from '../../test/support/sample-stack.ts';
import { type Emulator, startEmulator } from '../emulator/start-emulator.ts';

const start = (options: object = {}): Promise<Emulator> =>
  startEmulator({
    stack: sampleStack({ hello: { limits: { max_runtime: '1m' } } }),
    runtime: 'simulated',
    ...options,
  });

/** Asks the control API as any HTTP client does. */
const ask = async (emulator: Emulator, path: string, init: RequestInit = {}) => {
  const headers = { 'X-CYCLE-ACCESS-KEY': accessKey, 'Content-Type': 'application/json', ...init.headers };
  const response = await fetch(`${emulator.controlUrl}/_emulator/${path}`, { ...init, headers });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  return { status: response.status, text, ...(isJson ? JSON.parse(text) : {}) };
};

const post = (emulator: Emulator, path: string, body?: object) =>
  ask(emulator, path, { method: 'POST', ...(body === undefined ? {} : { body: JSON.stringify(body) }) });

describe('the control API', () => {
  it('shows functions, instances and the rest of a lease, and no token', async () => {
    await using emulator = await start();
    emulator.clock.freeze();
    const claim = await emulator.claim('hello', { token: 'a-secret-token' });
    await emulator.clock.advance(4_000);
    const { status, data, text } = await ask(emulator, 'state');
    expect(status).toBe(200);
    expect(data).toMatchObject({
      session: emulator.session,
      ready: true,
      clock: { frozen: true },
      functions: [
        {
          name: 'hello',
          waiting: 0,
          instances: [{ id: claim.instanceId, state: 'claimed', lease_ms: 6_000, hostname: 'hello-1' }],
        },
      ],
    });
    expect(text).not.toContain('a-secret-token');
  });

  it('freezes, moves and resumes the clock, and answers when all that fell due is done', async () => {
    await using emulator = await start();
    const claim = await emulator.claim('hello');
    await claim.spawn();
    const frozen = await post(emulator, 'clock/freeze');
    expect(frozen.data).toMatchObject({ frozen: true });
    const moved = await post(emulator, 'clock/advance', { ms: 60_000 });
    expect(Date.parse(moved.data.now) - Date.parse(frozen.data.now)).toBe(60_000);
    expect(emulator.function('hello').counts).toMatchObject({ available: 1, active: 0 });
    expect((await post(emulator, 'clock/resume')).data).toMatchObject({ frozen: false });
  });

  it('shows limits, the waiting line with what is left to each claim, and when time alone changes something', async () => {
    const limits = { max_runtime: '1m', max_queue_time: '30s', max_pool_size: 1 };
    await using emulator = await start({ stack: sampleStack({ hello: { instances: 1, limits } }) });
    emulator.clock.freeze();
    expect((await ask(emulator, 'state')).data).toMatchObject({
      engine: expect.stringContaining('simulated'),
      uptime_ms: expect.any(Number),
      clock: { next_deadline: null },
      functions: [
        {
          limits: {
            ...{ instances: 1, max_pool_size: 1, hot: 0, warm: null, max_shard_concurrency: null },
            ...{ max_runtime_ms: 60_000, max_queue_time_ms: 30_000, lease_ms: 10_000 },
          },
          line: [],
          instances: [{ state: 'available', starts: 'cold', deadline: null }],
        },
      ],
    });
    const at = (ms: number) => new Date(emulator.clock.now() + ms).toISOString();
    const claim = await emulator.claim('hello');
    const waiting = emulator.claim('hello');
    const { data } = await ask(emulator, 'state');
    expect(data).toMatchObject({
      cursor: 3,
      clock: { next_deadline: at(10_000) },
      functions: [{ line: [{ since: at(0), deadline: at(30_000) }], instances: [{ deadline: at(10_000) }] }],
    });
    await claim.spawn();
    expect((await ask(emulator, 'state')).data.functions[0].instances[0].deadline).toBe(at(60_000));
    await claim.release();
    await (await waiting).release();
  });

  it('moves the clock to the next deadline, if there is one', async () => {
    await using emulator = await start();
    emulator.clock.freeze();
    const before = emulator.clock.now();
    await emulator.claim('hello');
    await emulator.clock.advance(3_000);
    const moved = await post(emulator, 'clock/advance', { to: 'next_deadline' });
    expect(Date.parse(moved.data.now) - before).toBe(10_000);
    expect(moved.data.next_deadline).toBeNull();
    expect(emulator.function('hello').counts).toMatchObject({ available: 1, claimed: 0 });
    expect((await post(emulator, 'clock/advance', { to: 'next_deadline' })).data.now).toBe(moved.data.now);
    await emulator.claim('hello');
    expect(emulator.clock.nextDeadline).toBe(emulator.clock.now() + 10_000);
    await emulator.clock.advanceToNextDeadline();
    expect(emulator.clock.now() - before).toBe(20_000);
  });

  it('takes the emulator back to its beginning', async () => {
    await using emulator = await start();
    await emulator.claim('hello');
    emulator.clock.freeze();
    expect((await post(emulator, 'reset')).data).toMatchObject({
      clock: { frozen: false },
      functions: [{ instances: [{ state: 'available', lease_ms: null }] }],
    });
  });

  it('remembers requests to the Scheduler API, without keys and tokens', async () => {
    await using emulator = await start();
    const caller = callerOf(emulator);
    const instanceId = await caller.claimed('a-secret-token');
    await caller.spawn(instanceId, {}, 'a-wrong-token');
    await ask(emulator, 'state');
    const { data, text } = await ask(emulator, 'requests');
    expect(data).toMatchObject([
      { method: 'POST', operation: 'claimInstance', instance: instanceId, status: 200, code: null },
      { method: 'POST', operation: 'spawnInstance', instance: instanceId, status: 403, code: '403.mismatch' },
    ]);
    expect(text).not.toMatch(/a-secret-token|a-wrong-token|sample-secret/);
  });

  it('answers the events after the last one read, and all that are remembered', async () => {
    await using emulator = await start();
    const claim = await emulator.claim('hello');
    await claim.release();
    const all = await ask(emulator, 'events?follow=false');
    expect(all.text).toMatch(/^id: \d+\nevent: instance\.available\ndata: \{.*\}\n\n/);
    const last = [...all.text.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1] ?? '';
    await emulator.claim('hello');
    const later = await ask(emulator, 'events?follow=false', { headers: { 'Last-Event-ID': last } });
    const [, data = ''] = /^data: (.*)$/m.exec(later.text) ?? [];
    expect(later.text.match(/^id:/gm)).toHaveLength(1);
    expect(JSON.parse(data)).toMatchObject({ name: 'instance.claimed', instance_id: claim.instanceId });
  });

  it('streams events as they happen, until the emulator stops', async () => {
    const emulator = await start();
    const headers = { 'X-CYCLE-ACCESS-KEY': accessKey };
    const { body } = await fetch(`${emulator.controlUrl}/_emulator/events`, { headers });
    await emulator.claim('hello');
    await emulator.stop();
    const text = await new Response(body).text();
    expect(text.match(/^event: .*$/gm)).toEqual(['event: instance.claimed']);
  });

  it('sets faults, counts how often they fired, and removes them', async () => {
    await using emulator = await start();
    const effect = { type: 'error', code: '503.not-ready' };
    const added = await post(emulator, 'faults', { id: 'no', match: { operation: 'claim', times: 1 }, effect });
    expect(added.data).toEqual({ id: 'no', match: { operation: 'claim', times: 1 }, effect, fired: 0 });
    expect(await post(emulator, 'faults', { id: 'no', effect })).toMatchObject({
      error: { code: '409.duplicate-found' },
    });
    expect(await callerOf(emulator).claim()).toMatchObject({ status: 503 });
    expect((await ask(emulator, 'faults')).data).toMatchObject([{ id: 'no', fired: 1 }]);
    expect((await ask(emulator, 'faults/no', { method: 'DELETE' })).data).toEqual([]);
    expect(await ask(emulator, 'faults/no', { method: 'DELETE' })).toMatchObject({ status: 404 });
    const events = await ask(emulator, 'events?follow=false');
    expect(events.text).toContain('event: fault.fired');
  });

  it.each([
    [{ effect: { type: 'delays' } }, 'effect.type: got "delays", expected one of', 'did you mean "delay"?'],
    [{ effect: { type: 'constructor', ms: 1 } }, 'effect.type: got "constructor", expected one of delay, error'],
    [{ effect: { type: 'error', code: 'nope' } }, 'effect.code: got "nope", expected one of 400.invalid-syntax'],
    [{ effect: { type: 'exitAfter', code: 300 } }, 'effect.code: got 300, expected a whole number from 0 to 255'],
    [{ effect: { type: 'malformed', how: 'odd' } }, 'effect.how: got "odd", expected one of cut, html'],
    [{ effect: { type: 'hangingStop', ms: 3 } }, 'effect.ms: unknown field'],
    [{ effect: { type: 'delay' } }, 'effect.ms: missing, expected a whole number of milliseconds'],
    [{ id: 'x'.repeat(101), effect: { type: 'hangingStop' } }, 'id: got', 'of 1 to 100 characters'],
    [[], 'expected an object'],
    [undefined, 'effect: missing'],
  ])('says what is wrong with the fault %j', async (fault, ...said) => {
    await using emulator = await start();
    const { status, error } = await post(emulator, 'faults', fault as object);
    expect(status).toBe(422);
    for (const words of said) expect(error.detail).toContain(words);
  });

  it('serves its own description', async () => {
    await using emulator = await start();
    expect((await ask(emulator, 'control-api.yaml')).text).toContain('operationId: advanceClock');
  });

  it.each([
    ['GET', 'nothing', undefined, 404, '404.uri'],
    ['DELETE', 'state', undefined, 404, '404.uri'],
    ['GET', 'state/', undefined, 404, '404.uri'],
    ['DELETE', 'faults/', undefined, 404, '404.uri'],
    ['POST', 'clock/freeze/', undefined, 404, '404.uri'],
    ['POST', 'clock/advance/', undefined, 404, '404.uri'],
    ['POST', 'clock/advance', undefined, 422, '422.missing-argument'],
    ['POST', 'clock/advance', { ms: -1 }, 422, '422.invalid-argument'],
    ['POST', 'clock/advance', { ms: '1s' }, 422, '422.invalid-argument'],
    ['POST', 'clock/advance', { to: 'the end' }, 422, '422.invalid-argument'],
    ['POST', 'clock/advance', { ms: 1, to: 'next_deadline' }, 422, '422.invalid-argument'],
    ['POST', 'clock/advance', { ms: 0.5 }, 422, '422.invalid-argument'],
    ['POST', 'clock/advance', { ms: 1e15 }, 422, '422.invalid-argument'],
    ['POST', 'clock/advance', { ms: 1e300 }, 422, '422.invalid-argument'],
    ['POST', 'faults', {}, 422, '422.invalid-argument'],
    ['POST', 'faults', { effect: { type: 'hangingStop' }, match: { operation: 'claim' } }, 422, '422.invalid-argument'],
    ['POST', 'faults', { effect: { type: 'hangingStop' }, match: { function: 'helo' } }, 422, '422.invalid-argument'],
    ['POST', 'faults', { effect: { type: 'delay' } }, 422, '422.invalid-argument'],
    ['POST', 'faults', { effect: { type: 'delays', ms: 1 } }, 422, '422.invalid-argument'],
    ['POST', 'faults', { effect: { type: 'delay', ms: 1 }, match: { nht: 2 } }, 422, '422.invalid-argument'],
    ['GET', 'instances/nonsense/logs', undefined, 422, '422.invalid-argument'],
    ['GET', 'instances/000000000000000000000000/logs', undefined, 404, '404.instance'],
    ['GET', 'events?follow=maybe', undefined, 422, '422.invalid-argument'],
  ])('answers %s %s with %j by the envelope: %i %s', async (method, path, body, status, code) => {
    await using emulator = await start();
    const answer = await ask(emulator, path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    expect(answer).toMatchObject({ status, error: { status, code }, data: null });
  });

  it.each(['nothing', '', 'health/nothing', 'instances'])(
    'names its operations where /_emulator/%s is none',
    async (path) => {
      await using emulator = await start();
      const { error } = await ask(emulator, path);
      expect(error.code).toBe('404.uri');
      for (const operation of [
        'GET /_emulator/state',
        'POST /_emulator/clock/advance',
        'DELETE /_emulator/faults/{faultId}',
      ]) {
        expect(error.detail).toContain(operation);
      }
      expect(error.detail).not.toContain('/v1/functions');
    },
  );

  it('needs the key', async () => {
    await using emulator = await start();
    const { status } = await fetch(`${emulator.url}/_emulator/state`);
    expect(status).toBe(401);
  });

  it('has a port of its own where one is asked for', async () => {
    await using emulator = await start({ controlPort: 0 });
    expect(emulator.controlUrl).not.toBe(emulator.url);
    expect((await ask(emulator, 'state')).status).toBe(200);
    expect((await ask(emulator, 'health/ready')).status).toBe(200);
    const beside = await fetch(`${emulator.url}/_emulator/state`, { headers: { 'X-CYCLE-ACCESS-KEY': accessKey } });
    expect(beside.status).toBe(404);
    expect(await beside.text()).toContain('No control API is served here');
  });

  it('is not there where it is turned off', async () => {
    await using emulator = await start({ control: false });
    expect(emulator.controlUrl).toBeNull();
    const bare = await fetch(`${emulator.url}/_emulator`, { headers: { 'X-CYCLE-ACCESS-KEY': accessKey } });
    expect(await bare.text()).toContain('No control API is served here');
    const answer = await fetch(`${emulator.url}/_emulator/state`, { headers: { 'X-CYCLE-ACCESS-KEY': accessKey } });
    expect(answer.status).toBe(404);
  });
});
