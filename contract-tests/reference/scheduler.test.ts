import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ReportReceiver, startReportReceiver, variablesOf } from '../../test/support/probe/report-receiver.ts';
import { type ReferenceScheduler, startReferenceScheduler } from './scheduler.ts';

let reference: ReferenceScheduler;
let receiver: ReportReceiver;

beforeEach(async () => {
  reference = await startReferenceScheduler();
  receiver = await startReportReceiver();
});
afterEach(async () => {
  await reference[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

type Answered = { readonly status: number; readonly body: Record<string, Record<string, unknown>> };

const call = async (operation: string, body?: object, container = reference.containerIds[0]): Promise<Answered> => {
  const response = await fetch(`${reference.url}/v1/functions/${container}/${operation}`, {
    headers: { 'x-cycle-access-key': reference.accessKey, 'content-type': 'application/json' },
    ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: (await response.json()) as Answered['body'] };
};

const claim = async (token: string): Promise<string> =>
  String((await call('claim', { token })).body['data']?.['instance_id']);

const codeOf = ({ body }: Answered): unknown => body['error']?.['code'];

const spawnVariables = (variables: Readonly<Record<string, string>>) => ({
  runtime_variables: {
    environment_variables: { PROBE_CALLBACK_URL: `http://host.docker.internal:${receiver.port}/`, ...variables },
  },
});

test('claims, spawns and releases an instance whose probe reports it', async () => {
  const token = 'token-1';
  const instance_id = await claim(token);
  const spawned = await call('spawn', { token, instance_id, ...spawnVariables({ PROBE_ID: 'a', 'my.prop': 'x\ny' }) });
  expect(spawned.body['data']).toMatchObject({ instance_id, token });
  expect(variablesOf(await receiver.next('started', 'a'))).toMatchObject({
    'my.prop': 'x\ny',
    PROBE_STACK: 'from-the-stack',
    CYCLE_INSTANCE_ID: instance_id,
  });
  expect(Object.keys((await call('active')).body['data'] ?? {})).toEqual([instance_id]);
  expect((await call('release', { token, instance_id })).status).toBe(200);
  expect(receiver.reports.map(({ event }) => event)).toEqual(['started', 'stopping']);
  expect((await call('active')).body['data']).toEqual({});
});

test('ends a claim after ten seconds to the millisecond, unless it was spawned', async () => {
  const instance_id = await claim('token-1');
  await claim('token-2');
  await reference.advance(9_000);
  expect((await call('spawn', { token: 'token-1', instance_id })).status).toBe(200);
  await reference.advance(1_000);
  const second = { token: 'token-2', instance_id: instance_id.replace(/.$/, '1') };
  expect(codeOf(await call('spawn', second))).toBe('403.invalid-state');
  expect(Object.keys((await call('active')).body['data'] ?? {})).toEqual([instance_id]);
});

test('lets claims wait in line, and not for longer than it may take', async () => {
  const joined = Promise.withResolvers<void>();
  await using _other = reference;
  reference = await startReferenceScheduler(({ wait }) => ({
    wait: (call) => {
      const waiting = wait(call);
      if (call.fn.line.length === 2) joined.resolve();
      return waiting;
    },
  }));
  const held = await Promise.all(['held-1', 'held-2', 'held-3', 'held-4'].map(claim));
  const [first, second] = ['first-in-line', 'second-in-line'].map((token) => call('claim', { token }));
  await joined.promise;
  await call('release', { token: 'held-3', instance_id: held[2] });
  const served = await Promise.race([first, second]);
  expect(served?.body['data']?.['instance_id']).toBe(held[2]);
  await reference.advance(2_000);
  expect((await Promise.all([first, second])).map((answered) => answered && codeOf(answered))).toContain(
    '504.not-available',
  );
});

test('takes an instance back when its function ends, and still lets it be released once', async () => {
  const token = 'token-1';
  const instance_id = await claim(token);
  await call('spawn', { token, instance_id, ...spawnVariables({ PROBE_RUN_MS: '60000' }) });
  await reference.advance(60_000);
  expect((await call('active')).body['data']).toEqual({});
  expect((await call('release', { token, instance_id })).status).toBe(200);
  expect(codeOf(await call('release', { token, instance_id }))).toBe('403.invalid-state');
});

test('takes a changed rule', async () => {
  await using changed = await startReferenceScheduler({ echo: () => 'something else' });
  const response = await fetch(`${changed.url}/v1/functions/${changed.containerIds[0]}/claim`, {
    method: 'POST',
    headers: { 'x-cycle-access-key': changed.accessKey, 'content-type': 'application/json' },
    body: '{"token":"mine!"}',
  });
  expect(await response.json()).toMatchObject({ data: { token: 'something else' } });
});
