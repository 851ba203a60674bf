import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { containerId, createFakeService } from '../../test/support/http/fake-service.ts';
import { createRecordingLogger } from '../../test/support/http/recording-logger.ts';
import { createTestApp, functionPath, secret, token } from '../../test/support/http/test-app.ts';
import { startHttpServer } from '../http/server.ts';
import { createMovableClock } from '../shared/clock.ts';
import type { Fault } from '../stack/model.ts';
import { injectFaults } from './call-faults.ts';
import { createFaults } from './faults.ts';

/** A scheduler that grants everything, under faults, on a clock that stands still. */
const start = async (...faults: readonly Fault[]) => {
  const clock = createMovableClock({ frozenAt: 0 });
  const { logger, lines, text } = createRecordingLogger();
  const fired = Promise.withResolvers<void>();
  const inForce = createFaults({
    faults,
    clock,
    onFire: () => fired.resolve(),
    nameOf: (id) => (id === containerId ? 'hello' : undefined),
  });
  const served: string[] = [];
  const service = createFakeService();
  const app = createTestApp({
    logger,
    beforeServing: [injectFaults(inForce)],
    service: {
      ...service,
      claim: (asked) => {
        served.push(asked.token);
        return service.claim(asked);
      },
    },
  });
  const server = await startHttpServer({ app, host: '127.0.0.1', port: 0, logger });
  const claim = (asked: string = token, id?: string): Promise<Response> =>
    fetch(`${server.url}${functionPath('claim', id)}`, {
      method: 'POST',
      headers: { 'X-CYCLE-ACCESS-KEY': secret, 'Content-Type': 'application/json' },
      body: JSON.stringify({ token: asked }),
    });
  return {
    clock,
    inForce,
    fired: fired.promise,
    served,
    lines,
    text,
    claim,
    server,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};

/** The code that Node's own client fails with, which `fetch` hides. */
const failureOf = async (url: string): Promise<string | undefined> => {
  const asked = request(`${url}${functionPath('claim')}`, {
    method: 'POST',
    headers: { 'X-CYCLE-ACCESS-KEY': secret, 'Content-Type': 'application/json' },
  });
  asked.end(JSON.stringify({ token }));
  const [failure] = await once(asked, 'error');
  return (failure as NodeJS.ErrnoException).code;
};

describe('a delay', () => {
  it('holds a request up until the clock has moved so far', async () => {
    await using scheduler = await start({ effect: { type: 'delay', ms: 30_000 } });
    const answer = scheduler.claim();
    await scheduler.fired;
    await scheduler.clock.advance(29_999);
    expect(scheduler.served).toEqual([]);
    await scheduler.clock.advance(1);
    expect((await answer).status).toBe(200);
    expect(scheduler.served).toEqual([token]);
  });

  it('ends when the fault is removed', async () => {
    await using scheduler = await start({ id: 'slow', effect: { type: 'delay', ms: 30_000 } });
    const answer = scheduler.claim();
    await scheduler.fired;
    scheduler.inForce.remove('slow');
    expect((await answer).status).toBe(200);
  });
});

describe('an error', () => {
  it('is answered in the envelope, and nothing is done', async () => {
    await using scheduler = await start({
      id: 'busy',
      match: { nth: 2 },
      effect: { type: 'error', code: '429.rate-limiting' },
    });
    expect((await scheduler.claim()).status).toBe(200);
    const answer = await scheduler.claim();
    expect(answer.status).toBe(429);
    expect(await answer.json()).toEqual({
      error: {
        status: 429,
        code: '429.rate-limiting',
        title: 'Injected fault',
        detail: `Fault "busy" answers in the scheduler's place, which has done nothing. Remove the fault to reach it.`,
      },
      data: null,
    });
    expect((await scheduler.claim()).status).toBe(200);
    expect(scheduler.served).toHaveLength(2);
    expect(scheduler.lines).toMatchObject([
      { status: 200 },
      { status: 429, code: '429.rate-limiting', fault: 'busy' },
      { status: 200 },
    ]);
  });

  it('has the status it is given', async () => {
    await using scheduler = await start({ effect: { type: 'error', code: '500.unknown', status: 502 } });
    const answer = await scheduler.claim();
    expect([answer.status, ((await answer.json()) as { error: { status: number } }).error.status]).toEqual([502, 502]);
  });

  it('hits only calls whose token fits, and no log has the token', async () => {
    await using scheduler = await start({
      match: { token: 'canary-*' },
      effect: { type: 'error', code: '503.not-ready' },
    });
    expect((await scheduler.claim('another')).status).toBe(200);
    expect((await scheduler.claim()).status).toBe(503);
    expect(scheduler.text()).not.toContain(token);
  });

  it('never hits callers without an access key, or paths that do not exist', async () => {
    await using scheduler = await start({ effect: { type: 'error', code: '503.not-ready' } });
    const path = `${scheduler.server.url}${functionPath('claim')}`;
    expect((await fetch(path, { method: 'POST' })).status).toBe(401);
    expect((await fetch(path, { headers: { 'X-CYCLE-ACCESS-KEY': secret } })).status).toBe(404);
    const headers = { 'X-CYCLE-ACCESS-KEY': secret, 'Content-Type': 'application/json' };
    expect((await fetch(path, { method: 'POST', headers, body: '{}' })).status).toBe(422);
    expect(scheduler.inForce.list()).toMatchObject([{ fired: 0 }]);
  });
});

describe('a reset', () => {
  it('resets the connection before anything is done', async () => {
    await using scheduler = await start({ id: 'cable', effect: { type: 'reset' } });
    expect(await failureOf(scheduler.server.url)).toBe('ECONNRESET');
    expect(scheduler.served).toEqual([]);
    expect(scheduler.lines).toMatchObject([
      { status: null, fault: 'cable', msg: 'request not answered because of a fault' },
    ]);
  });

  it('resets it after all is done, if it says so', async () => {
    await using scheduler = await start({ effect: { type: 'reset', when: 'after' } });
    expect(await failureOf(scheduler.server.url)).toBe('ECONNRESET');
    expect(scheduler.served).toEqual([token]);
  });
});

describe('a malformed answer', () => {
  it('is HTML that calls itself JSON', async () => {
    await using scheduler = await start({ effect: { type: 'malformed' } });
    const answer = await scheduler.claim();
    expect(answer.headers.get('Content-Type')).toContain('application/json');
    const text = await answer.text();
    expect(text).toContain('<h1>');
    expect(() => JSON.parse(text)).toThrow();
    expect(scheduler.served).toEqual([token]);
  });

  it('breaks off in the middle', async () => {
    await using scheduler = await start({ effect: { type: 'malformed', how: 'cut' } });
    const answer = await scheduler.claim();
    expect(answer.status).toBe(200);
    const received: Uint8Array[] = [];
    const reading = (async () => {
      for await (const chunk of answer.body ?? []) received.push(chunk);
    })();
    await expect(reading).rejects.toThrow('terminated');
    const bytes = Buffer.concat(received);
    expect(bytes.length).toBe(Math.floor(Number(answer.headers.get('Content-Length')) / 2));
    expect(bytes.toString()).toMatch(/^\{"data":/);
  });
});
