import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startCli } from '../../../test/support/cli-process.ts';
import { accessKey, sampleStack } from '../../../test/support/sample-stack.ts';
import { startEmulator } from '../../emulator/start-emulator.ts';

test.each([
  [['faults', 'remove', 'x'], 'Failed to remove fault "x": no fault has this ID. `cycle-scheduler faults` lists all.'],
  [
    ['faults', 'remove', 'a\nb'],
    'Failed to remove fault "a\\nb": no fault has this ID. `cycle-scheduler faults` lists all.',
  ],
  [
    ['requests', '7'],
    'Failed to look at request 7: no request has this number, or it is remembered no more. `cycle-scheduler requests` lists all.',
  ],
])('%j is refused in the words of commands', async (args, line) => {
  await using emulator = await startEmulator({ stack: sampleStack({ hello: {} }), runtime: 'simulated' });
  const env = { CYCLE_SCHEDULER_URL: emulator.url, CYCLE_ACCESS_KEY: accessKey };
  const stderr = `cycle-scheduler: ${line}\n`;
  expect(await startCli(args, env).ended).toEqual({ code: 1, stdout: '', stderr });
});

test('without a control API, commands say with which flag there may be one', async () => {
  const stack = sampleStack({ hello: {} });
  await using emulator = await startEmulator({ stack, runtime: 'simulated', controlPort: 0 });
  const ask = (...args: readonly string[]) => startCli([...args, '--access-key', accessKey]).ended;
  const { url, controlUrl } = emulator;
  const [noControl, noScheduler] = [
    await ask('ps', '--url', url),
    await ask('invoke', 'hello', '--url', controlUrl ?? ''),
  ];
  for (const { stderr } of [noControl, noScheduler]) {
    expect(stderr).toMatch(/^cycle-scheduler: Failed to .*: .* Check --url; .* --control-url; .*\.\n$/);
    expect(stderr).not.toMatch(/GET|POST|_emulator/);
  }
});

test('a URL with https:// is refused as such, and not as one where nothing listens', async () => {
  await using emulator = await startEmulator({ stack: sampleStack({ hello: {} }), runtime: 'simulated' });
  const url = emulator.url.replace('http:', 'https:');
  const reason = 'no TLS is spoken there. Give its URL with http:// in place of https:// to --url.';
  const stderr = `cycle-scheduler: Failed to reach an emulator at ${url}: ${reason}\n`;
  expect(await startCli(['ps', '--url', url]).ended).toEqual({ code: 1, stdout: '', stderr });
});

test('a recording on stdout ends with a line end', async () => {
  await using emulator = await startEmulator({ stack: sampleStack({ hello: {} }), runtime: 'simulated' });
  const { stdout } = await startCli(['record', '--url', emulator.url, '--access-key', accessKey]).ended;
  expect(stdout).toMatch(/^\{"data":.*\}\n$/);
});

test('a function with one instance at most is not scaled beyond that', async () => {
  await using emulator = await startEmulator({ stack: sampleStack({ hello: {} }), runtime: 'simulated' });
  const args = ['scale', 'hello', '2', '--url', emulator.url, '--access-key', accessKey];
  expect((await startCli(args).ended).stderr).toContain('hello has at most 1 instance. Ask');
});

test('an instance that is gone meanwhile is looked for with ps', async () => {
  const error = { code: '404.instance', title: 'Unknown instance', detail: 'GET /_emulator/state lists all.' };
  const server = createServer((_request, response) => {
    response.writeHead(404, { 'Content-Type': 'application/json' }).end(JSON.stringify({ error }));
  });
  onTestFinished(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { stderr } = await startCli(['logs', '0123456789abcdef01234567', '--url', url]).ended;
  expect(stderr).toMatch(/: the emulator has this instance no more\. `cycle-scheduler ps` lists all\.\n$/);
});
