import { expect, it } from 'vitest';
import { callerOf } from '../../test/support/caller.ts';
import { accessKey, sampleStack } from '../../test/support/sample-stack.ts';
import { type Emulator, startEmulator } from '../emulator/start-emulator.ts';
import type { components } from '../openapi/control-types.ts';

type Logged = components['schemas']['LoggedRequest'];

const key = { 'X-CYCLE-ACCESS-KEY': accessKey };
const json = { ...key, 'Content-Type': 'application/json' };

const start = async (options: object = {}) => {
  const stack = sampleStack({ hello: { instances: 2 } });
  const emulator = await startEmulator({ stack, runtime: 'simulated', ...options });
  const functionUrl = `${emulator.url}/v1/functions/${emulator.stack.functions[0]?.containerId}`;
  const post = async (
    operation: string,
    body: string | Buffer<ArrayBuffer>,
    headers: Record<string, string> = json,
  ) => {
    const answer = await fetch(`${functionUrl}/${operation}`, { method: 'POST', headers, body });
    await answer.arrayBuffer();
  };
  return { emulator, caller: callerOf(emulator), post, [Symbol.asyncDispose]: () => emulator.stop() };
};

/** The data of an answer of the control API, and all of it as text. */
const ask = async ({ controlUrl }: Emulator, path = '') => {
  const answer = await fetch(`${controlUrl}/_emulator/requests${path}`, { headers: key });
  const text = await answer.text();
  return { status: answer.status, text, ...JSON.parse(text) };
};

/** The latest request, with its bodies. */
const latest = async (emulator: Emulator): Promise<Logged> => {
  const { data } = await ask(emulator);
  return (await ask(emulator, `/${data.at(-1).id}`)).data;
};

const bodyOf = (body: Logged['request']): unknown => JSON.parse(body?.text ?? 'null');

it('the list of requests has those that were refused, each with number and path, and none about the emulator', async () => {
  await using started = await start();
  const { emulator, caller, post } = started;
  await caller.claim();
  await post('claim', '{}', { 'Content-Type': 'application/json' });
  await post('claim', '{}');
  await post('claim', '{"token":"never-closed');
  await post('claim', 'token=form', { ...key, 'Content-Type': 'text/plain' });
  await fetch(`${emulator.url}/v1/nothing?query=secret`, { headers: key });
  const { data } = await ask(emulator);
  const claim = `/v1/functions/${emulator.stack.functions[0]?.containerId}/claim`;
  expect(data).toMatchObject([
    { id: 1, path: claim, status: 200, code: null, operation: 'claimInstance' },
    { id: 2, path: claim, status: 401, code: '401.auth-invalid', operation: null },
    { id: 3, path: claim, status: 422, code: '422.missing-argument' },
    { id: 4, path: claim, status: 400, code: '400.invalid-syntax' },
    { id: 5, path: claim, status: 415, code: '415.invalid-content-type' },
    { id: 6, path: '/v1/nothing', status: 404, code: '404.uri', method: 'GET' },
  ]);
});

it('a request shows both bodies: variables as they were sent, each token as a label of its own', async () => {
  await using started = await start();
  const { emulator, caller } = started;
  const instanceId = await caller.claimed('one-token');
  const claimed = await latest(emulator);
  await caller.spawn(instanceId, { NAME: '<img onerror=1>' }, 'one-token');
  const spawned = await latest(emulator);
  const { token } = bodyOf(claimed.request) as { token: string };
  expect(token).toMatch(/^<token [0-9a-f]{6}>$/);
  expect(bodyOf(spawned.request)).toEqual({
    token,
    instance_id: instanceId,
    runtime_variables: { environment_variables: { NAME: '<img onerror=1>' } },
  });
  expect(bodyOf(spawned.response)).toMatchObject({ data: { token, instance_id: instanceId } });
  await caller.claim('another-token');
  expect(bodyOf((await latest(emulator)).request)).not.toEqual({ token });
});

it('no key or token is in a request that is shown, from any place of its body', async () => {
  await using started = await start();
  const { emulator, caller, post } = started;
  const token = 'canary-token-91bc';
  const instanceId = await caller.claimed(token);
  await post('spawn', JSON.stringify({ token, instance_id: token }));
  await post('spawn', JSON.stringify({ token: [token], instance_id: instanceId }));
  await post('claim', JSON.stringify({ tokn: token, inner: { deep: [token] } }));
  await post('claim', JSON.stringify({ [token]: { [token]: 1 } }));
  await post('claim', JSON.stringify(token));
  await post('claim', `{"token":"${token}" 'x'`);
  await post('claim', token);
  await post('claim', Buffer.from(token, 'utf16le').toString('latin1'));
  await fetch(`${emulator.url}/${accessKey}?key=${accessKey}`, { headers: key });
  await fetch(`${emulator.url}/${'x'.repeat(989)}${accessKey}`, { headers: key });
  const { data, text } = await ask(emulator);
  const shown = await Promise.all(data.map(async ({ id }: Logged) => (await ask(emulator, `/${id}`)).text));
  expect(shown).toHaveLength(11);
  for (const one of [text, ...shown]) expect(one).not.toMatch(/canary|sample-sec/);
});

it('a body that is no JSON shows its form, at the places that the error names', async () => {
  await using started = await start();
  await started.post('claim', `{"token":"my-token" 'x'}`);
  const { request, response } = await latest(started.emulator);
  expect(request?.text).toBe(`{"token":"••••••••" '•'}`);
  expect(response?.text).toContain('line 1, column 21');
});

it('a body that is not kept says why', async () => {
  await using started = await start({ recordingLimitBytes: 3_000 });
  const { emulator, caller, post } = started;
  await post('claim', '{"token":"one-token"}', { 'Content-Type': 'application/json' });
  expect((await latest(emulator)).request).toMatchObject({ omitted: expect.stringContaining('not read') });
  await post('claim', Buffer.concat([Buffer.from('my-token'), Buffer.from([255])]));
  expect((await latest(emulator)).request).toMatchObject({ omitted: 'It is not UTF-8.' });
  await caller.claim('x'.repeat(70_000));
  expect((await latest(emulator)).request).toMatchObject({ omitted: 'It is larger than 65536 bytes.' });
  await caller.spawn('a'.repeat(24), { LARGE: 'x'.repeat(2_500) });
  expect((await ask(emulator, '/1')).data.response.omitted).toContain('gave way');
  await caller.spawn('a'.repeat(24), { LARGE: 'x'.repeat(4_000) });
  expect((await latest(emulator)).request).toMatchObject({ omitted: expect.stringContaining('no room') });
});

it('a request says which fault it met, and shows what its caller got', async () => {
  await using started = await start();
  started.emulator.faults.add({ id: 'page', match: { operation: 'claim' }, effect: { type: 'malformed' } });
  await started.post('claim', '{"token":"one-token"}');
  expect(await latest(started.emulator)).toMatchObject({
    fault: 'page',
    response: { text: expect.stringContaining('<h1>Bad gateway</h1>') },
  });
});

it('a stream of requests begins after the last one read, goes on, and ends with the emulator', async () => {
  const { emulator, caller } = await start();
  await caller.active();
  await caller.active();
  const headers = { ...key, Accept: 'text/event-stream', 'Last-Event-ID': '1' };
  const { body } = await fetch(`${emulator.controlUrl}/_emulator/requests`, { headers });
  await caller.claim();
  await emulator.stop();
  const text = await new Response(body).text();
  const ids = [...text.matchAll(/^id: (\d+)\nevent: request\ndata: (.*)\n\n/gm)];
  expect(ids.map(([, id, data = '']) => [id, JSON.parse(data).operation])).toEqual([
    ['2', 'getActiveInstances'],
    ['3', 'claimInstance'],
  ]);
});

it.each([
  ['/1', {}, 404, '404.uri'],
  ['/0', {}, 404, '404.uri'],
  ['/nonsense', {}, 422, '422.invalid-argument'],
  ['', { Accept: 'text/event-stream', 'Last-Event-ID': '7' }, 422, '422.invalid-argument'],
])('the control API answers GET requests%s with %j by the envelope: %i %s', async (path, headers, status, code) => {
  await using started = await start();
  const url = `${started.emulator.controlUrl}/_emulator/requests${path}`;
  const answer = await fetch(url, { headers: { ...key, ...headers } });
  expect(answer.status).toBe(status);
  expect(await answer.json()).toMatchObject({ error: { status, code }, data: null });
});

it('the description of the control API is served as JSON, too', async () => {
  await using started = await start();
  const answer = await fetch(`${started.emulator.controlUrl}/_emulator/control-api.json`, { headers: key });
  const { openapi, components: described } = (await answer.json()) as { openapi: string; components: object };
  expect(openapi).toBe('3.1.0');
  expect(described).toHaveProperty('schemas.FaultEffect.discriminator.mapping.delay');
});

it('the state says where the Scheduler API is, where the control API has a port of its own', async () => {
  const state = async ({ controlUrl }: Emulator) =>
    ((await (await fetch(`${controlUrl}/_emulator/state`, { headers: key })).json()) as { data: object }).data;
  await using beside = await start();
  expect(await state(beside.emulator)).toMatchObject({ scheduler_url: null });
  await using apart = await start({ controlPort: 0 });
  expect(await state(apart.emulator)).toMatchObject({ scheduler_url: apart.emulator.url });
});
