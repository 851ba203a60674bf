import { expect, test } from 'vitest';
import { accessKey, sampleStack } from '../../test/support/sample-stack.ts';
import type { ControlEvent } from '../control/control-target.ts';
import type { WatchedRequest } from '../recording/watched-requests.ts';
import { History } from '../shared/events.ts';
import { seenBy } from './lifecycle.ts';
import { startEmulator } from './start-emulator.ts';
import { lookAt } from './witness.ts';

const claim = (url: string, name: string): Promise<Response> =>
  fetch(`${url}/v1/functions/${name}/claim`, {
    method: 'POST',
    headers: { 'X-CYCLE-ACCESS-KEY': accessKey, 'Content-Type': 'application/json' },
    body: '{"token":"a-secret-token"}',
  });

test('what an emulator saw of a test are its events and requests since, with neither tokens nor keys', async () => {
  await using emulator = await startEmulator({ stack: sampleStack({ hello: {} }), runtime: 'simulated' });
  await (await emulator.claim('hello')).release();
  const witness = lookAt(emulator);
  expect(witness('idle')).toBe('The emulator saw nothing of the failed test "idle".');
  await claim(emulator.url, emulator.function('hello').id);
  await claim(emulator.url, accessKey);
  const { id } = emulator.function('hello');
  expect(
    witness('busy')
      .replaceAll(/\d\d:\d\d:\d\d\.\d{3}/g, '<time>')
      .split('\n'),
  ).toEqual([
    'The emulator saw this of the failed test "busy":',
    '  Events:',
    expect.stringMatching(/^ {4}<time> {2}instance\.claimed {2}hello {2}[0-9a-f]{24}$/),
    '  Requests:',
    `    <time>  POST /v1/functions/${id}/claim  200`,
    '    <time>  POST /v1/functions/<access key>/claim  404 404.container',
  ]);
});

test('what runs printed is shown by its last lines, without colours, and each line without keys and no longer than 500', () => {
  const [events, requests] = [new History<ControlEvent>(100), new History<WatchedRequest>(1)];
  const lines = [...Array(30).keys()].map((line) => `line ${line}`);
  const printed = () => [...lines, `${'x'.repeat(495)}${accessKey}`, '\x1b[31mred\x1b[0m'].join('\n');
  const functions = () => [];
  const seen = {};
  seenBy.set(seen, { events, requests, functions, printed, secrets: [accessKey] });
  const witness = lookAt(seen);
  for (const name of ['instance.claimed', 'instance.starting'])
    events.add({ name, at: 0, containerId: null, instanceId: 'some-id' });
  const shown = witness('long').split('\n').slice(4);
  expect(shown).toEqual([
    ...['  Output of  some-id, the last 20 of 32:', ...lines.slice(12).map((line) => `    ${line}`)],
    `    ${'x'.repeat(495)}<acce…`,
    '    red',
  ]);
});
