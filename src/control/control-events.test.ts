import { expect, it } from 'vitest';
import { accessKey, sampleStack } from '../../test/support/sample-stack.ts';
import { type Emulator, startEmulator } from '../emulator/start-emulator.ts';
import { createExpress } from '../http/app.ts';
import { startHttpServer } from '../http/server.ts';
import { History } from '../shared/events.ts';
import { stream } from './control-streams.ts';

type Answer = {
  readonly status: number;
  readonly data: {
    readonly events: readonly Record<string, unknown>[];
    readonly cursor: number;
    readonly missed: number;
  };
  readonly error?: { readonly code: string; readonly detail: string };
};

const start = (instances = 2) => startEmulator({ stack: sampleStack({ hello: { instances } }), runtime: 'simulated' });

const ask = async (emulator: Emulator, query: string): Promise<Answer> => {
  const headers = { 'X-CYCLE-ACCESS-KEY': accessKey };
  const response = await fetch(`${emulator.controlUrl}/_emulator/events?${query}`, { headers });
  return { status: response.status, ...((await response.json()) as Omit<Answer, 'status'>) };
};

const readStream = async (emulator: Emulator, query: string, lastEventId: string) => {
  const headers = { 'X-CYCLE-ACCESS-KEY': accessKey, 'Last-Event-ID': lastEventId };
  const response = await fetch(`${emulator.controlUrl}/_emulator/events?${query}`, { headers });
  return { status: response.status, text: await response.text() };
};

it('a wait for the end of a run ignores earlier ends on its instance', async () => {
  await using emulator = await start(1);
  emulator.clock.freeze();
  const before = await emulator.claim('hello');
  await before.spawn();
  await before.release();
  await (await emulator.claim('hello')).release();
  const claim = await emulator.claim('hello');
  expect(claim.instanceId).toBe(before.instanceId);
  const { data } = await ask(emulator, 'wait=0');
  expect(data).toMatchObject({ events: [], missed: 0 });
  await claim.spawn();
  const waiting = ask(emulator, `name=instance.ended&instance=${claim.instanceId}&after=${data.cursor}&wait=60000`);
  await claim.release();
  const { events, cursor } = (await waiting).data;
  expect(events).toMatchObject([
    { name: 'instance.ended', instance_id: claim.instanceId, exit: { code: expect.any(Number) } },
  ]);
  expect(events[0]?.['cursor']).toBeGreaterThan(data.cursor);
  expect(cursor).toBeGreaterThanOrEqual(Number(events[0]?.['cursor']));
});

it('a past event is answered at once, by name and instance', async () => {
  await using emulator = await start();
  const [one, other] = [await emulator.claim('hello'), await emulator.claim('hello')];
  await one.release();
  const all = await ask(emulator, 'after=0');
  expect(all.data.events.map(({ cursor }) => cursor)).toEqual(all.data.events.map((_event, index) => index + 1));
  expect(all.data.cursor).toBe(all.data.events.length);
  const claimed = await ask(emulator, `after=0&name=instance.claimed&instance=${other.instanceId}&wait=60000`);
  expect(claimed.data.events).toMatchObject([{ name: 'instance.claimed', instance_id: other.instanceId }]);
  expect((await ask(emulator, `after=${all.data.cursor}&wait=10`)).data).toEqual({
    events: [],
    cursor: all.data.cursor,
    missed: 0,
  });
});

it('a stream has cursors, and filters by name and instance, too', async () => {
  await using emulator = await start();
  const claim = await emulator.claim('hello');
  const headers = { 'X-CYCLE-ACCESS-KEY': accessKey };
  const path = `${emulator.controlUrl}/_emulator/events?follow=false&name=instance.claimed&instance=${claim.instanceId}`;
  const text = await (await fetch(path, { headers })).text();
  expect(text.match(/^event: .*$/gm)).toEqual(['event: instance.claimed']);
  const [, id, json = ''] = /^id: (\d+)\n.*\ndata: (.*)$/m.exec(text) ?? [];
  expect(JSON.parse(json)).toMatchObject({ cursor: Number(id) });
});

it('a wait ends with the emulator', async () => {
  const emulator = await start();
  const waiting = ask(emulator, 'wait=600000&name=nothing');
  // Connected after the one that waits, so that one has arrived.
  await ask(emulator, 'wait=0');
  await (await emulator.claim('hello')).release();
  await emulator.stop();
  expect((await waiting).data).toMatchObject({ events: [] });
});

it('events that are no longer remembered are counted', async () => {
  await using emulator = await start();
  for (let used = 0; used < 1_010; used += 1) await (await emulator.claim('hello')).release();
  const { data } = await ask(emulator, 'after=0');
  expect(data.events).toHaveLength(1_000);
  expect(data.missed).toBe(data.cursor - 1_000);
  const stream = await readStream(emulator, 'follow=false&name=nothing', '5');
  expect(stream.status).toBe(200);
  const [, id, name, json = ''] = /^id: (\d+)\nevent: (.*)\ndata: (.*)\n\n$/.exec(stream.text) ?? [];
  expect([Number(id), name]).toEqual([data.missed, 'events.missed']);
  expect(JSON.parse(json)).toMatchObject({ cursor: data.missed, name, missed: data.missed - 5, container_id: null });
  const upToDate = await readStream(emulator, 'follow=false', String(data.cursor - 1));
  expect(upToDate.text.match(/^event: .*$/gm)).toHaveLength(1);
});

it('a cursor of another emulator is refused', async () => {
  await using emulator = await start();
  for (const follow of [true, false]) {
    const { status, text } = await readStream(emulator, `follow=${follow}`, '999');
    expect([status, JSON.parse(text)]).toMatchObject([422, { error: { code: '422.invalid-argument' } }]);
  }
});

it.each(['after=-1', 'after=x', 'after=999', 'wait=-1', 'wait=600001', 'wait=1s', 'instance=7&wait=0'])(
  'a query of %s is refused',
  async (query) => {
    await using emulator = await start();
    expect(await ask(emulator, query)).toMatchObject({ status: 422, error: { code: '422.invalid-argument' } });
  },
);

const fromTheFirst = { headers: { 'Last-Event-ID': '0' } };

it('a gathering stream sends the events of a while together, and counts those that were forgotten', async () => {
  const history = new History<string>(2);
  const app = createExpress();
  const toMissed = (missed: number, { number }: { number: number }) => `${missed} missed before ${number};`;
  app.get('/', (request, response) =>
    stream(history, { what: 'item', follows: true, toText: ({ item }) => `${item};`, toMissed }, request, response),
  );
  await using server = await startHttpServer({ app, host: '127.0.0.1', port: 0 });
  const { body } = await fetch(`${server.url}?every=20`, fromTheFirst);
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  for (const item of ['one', 'two', 'three']) history.add(item);
  expect(await reader?.read()).toEqual({ done: false, value: '1 missed before 2;two;three;' });
  history.add('four');
  history.end();
  expect(await reader?.read()).toEqual({ done: false, value: 'four;' });
  expect(await reader?.read()).toEqual({ done: true, value: undefined });
});

const serveStream = (history: History<string>) => {
  const app = createExpress();
  app.get('/', (request, response) =>
    stream(history, { what: 'item', follows: true, toText: ({ item }) => item }, request, response),
  );
  return startHttpServer({ app, host: '127.0.0.1', port: 0 });
};

it('a stream of more events than may wait for a reader arrives whole where the reader reads', async () => {
  const history = new History<string>(100);
  for (let count = 0; count < 100; count += 1) history.add('x'.repeat(100_000));
  await using server = await serveStream(history);
  const response = await fetch(server.url, fromTheFirst);
  const text = response.text();
  history.end();
  expect((await text).length).toBe(10_000_000);
});

it('a stream is cut where its reader does not read', async () => {
  const history = new History<string>(1);
  await using server = await serveStream(history);
  const response = await fetch(server.url, fromTheFirst);
  // More than any system keeps for a connection.
  for (let count = 0; count < 1_000; count += 1) {
    history.add('x'.repeat(100_000));
    await new Promise(setImmediate);
  }
  history.end();
  await expect(response.text()).rejects.toThrow('terminated');
});

it('a stream gathers for a second at most', async () => {
  await using emulator = await start();
  expect((await ask(emulator, 'every=1001')).status).toBe(422);
});
