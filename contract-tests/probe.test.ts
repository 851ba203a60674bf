import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { buildProbeImage, type ProbeImage } from '../test/support/probe/probe-image.ts';
import { type ReportReceiver, startReportReceiver, variablesOf } from '../test/support/probe/report-receiver.ts';

let image: ProbeImage;
let receiver: ReportReceiver;

// Without Docker these fail: an untested probe proves nothing.
beforeAll(async () => {
  image = buildProbeImage();
  receiver = await startReportReceiver();
});
afterAll(async () => {
  image?.[Symbol.dispose]();
  await receiver?.[Symbol.asyncDispose]();
});

const reporting = (id: string, more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  PROBE_CALLBACK_URL: `http://host.docker.internal:${receiver.port}/reports`,
  PROBE_ID: id,
  ...more,
});

test('reports who it is, and that it is being stopped', async () => {
  await using probe = await image.start(reporting('identity'), ['--hostname', 'probe-7']);
  const started = await receiver.next('started', 'identity');
  expect(started).toMatchObject({ hostname: 'probe-7', pid: 1, addresses: [expect.stringMatching(/^\d+(\.\d+){3}$/)] });
  await probe.stop(30);
  expect(await receiver.next('stopping', 'identity')).toEqual({
    event: 'stopping',
    id: 'identity',
    signal: 'SIGTERM',
  });
  expect(await probe.exitCode()).toBe(0);
});

test('reports every variable as it is, also those a shell would drop', async () => {
  const odd = {
    'my.prop': 'a name no shell takes',
    EMPTY: '',
    LINES: 'one\ntwo\r\n\n  three\t\n',
    UNICODE: 'Grüße, 世界 🚲',
    QUOTES: `"double" 'single' \\back\\ $HOME \`id\``,
    EQUALS: '=a=b=',
    LARGE: `<${'x'.repeat(64 * 1024 - 2)}>`,
    IFS: 'e',
    http_proxy: 'http://127.0.0.1:9',
  };
  await using _probe = await image.start(reporting('variables "and quotes"', odd));
  expect(variablesOf(await receiver.next('started', 'variables "and quotes"'))).toMatchObject(odd);
});

test('ends by itself after the given time, with the given code', async () => {
  await using probe = await image.start(reporting('ends', { PROBE_RUN_MS: '50', PROBE_EXIT_CODE: '42' }));
  expect(await probe.exitCode()).toBe(42);
  expect(receiver.reports.map(({ event, id }) => `${id} ${event}`)).toContain('ends started');
  expect(receiver.reports.map(({ event, id }) => `${id} ${event}`)).not.toContain('ends stopping');
});

test('ends well when no code is given', async () => {
  await using probe = await image.start({ PROBE_RUN_MS: '1' });
  expect(await probe.exitCode()).toBe(0);
});

test('reports its own end where it is asked to, and not when it is killed before', async () => {
  await using ending = await image.start(reporting('tells', { PROBE_RUN_MS: '50', PROBE_TELL_END: '1' }));
  expect(await ending.exitCode()).toBe(0);
  expect(receiver.reports.map(({ event, id }) => `${id} ${event}`)).toContain('tells ending');
  const deaf = { PROBE_IGNORE_SIGTERM: '1', PROBE_RUN_MS: '60000', PROBE_TELL_END: '1' };
  await using killed = await image.start(reporting('killed', deaf));
  await receiver.next('started', 'killed');
  await killed.stop(1);
  expect(await killed.exitCode()).toBe(137);
  expect(receiver.reports.map(({ event, id }) => `${id} ${event}`)).not.toContain('killed ending');
});

test('ends by SIGKILL when it ignores SIGTERM', async () => {
  await using probe = await image.start(reporting('stubborn', { PROBE_IGNORE_SIGTERM: '1' }));
  await receiver.next('started', 'stubborn');
  await probe.stop(1);
  expect(await probe.exitCode()).toBe(137);
});

test('runs until it is stopped, and reports nothing without a callback URL', async () => {
  await using probe = await image.start({});
  const heard = receiver.reports.length;
  await probe.stop(30);
  expect(await probe.exitCode()).toBe(0);
  expect(receiver.reports).toHaveLength(heard);
});

test('runs on a read-only root and stops although no receiver takes its reports', async () => {
  await using probe = await image.start({ PROBE_CALLBACK_URL: 'http://127.0.0.1:9/' }, ['--read-only']);
  await probe.stop(30);
  expect(await probe.exitCode()).toBe(0);
});

test('the stack runs it as two functions with fixed IDs, a small pool and a short line', async () => {
  const stack = parse(await readFile(new URL('../fixtures/probe.yaml', import.meta.url), 'utf8'));
  const deployments = Object.values<{ config: { deploy: object } }>(stack.containers).map(
    ({ config }) => config.deploy,
  );
  expect(deployments).toMatchObject([
    { strategy: 'function', function: { max_pool_size: 4, max_queue_time: '2s' } },
    { strategy: 'function', function: { max_pool_size: 2, max_queue_time: '2s' } },
    { strategy: 'first-available' },
  ]);
  expect(Object.keys(stack.emulator.containers)).toEqual(Object.keys(stack.containers));
});
