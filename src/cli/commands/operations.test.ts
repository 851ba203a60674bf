import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startCli } from '../../../test/support/cli-process.ts';
import { accessKey, sampleStack } from '../../../test/support/sample-stack.ts';
import { type Emulator, startEmulator } from '../../emulator/start-emulator.ts';
import { parseRecording } from '../../recording/recorder.ts';

const start = (): Promise<Emulator> =>
  startEmulator({ stack: sampleStack({ hello: { instances: 2 } }), runtime: 'simulated' });

const environmentOf = ({ url }: Emulator) => ({ CYCLE_SCHEDULER_URL: url, CYCLE_ACCESS_KEY: accessKey });

const run = async (emulator: Emulator, ...args: readonly string[]) => {
  using cli = startCli(args, environmentOf(emulator));
  return await cli.ended;
};

const claim = (emulator: Emulator) =>
  fetch(`${emulator.url}/v1/functions/${emulator.function('hello').id}/claim`, {
    method: 'POST',
    headers: { 'X-CYCLE-ACCESS-KEY': accessKey, 'Content-Type': 'application/json' },
    body: JSON.stringify({ token: 'a-secret-token' }),
  });

it('clock stops, moves and resumes the time, and says what is due', async () => {
  await using emulator = await start();
  await claim(emulator);
  const frozen = await run(emulator, 'clock', 'freeze');
  expect(frozen.stdout).toMatch(/^NOW .*\n\S+Z +frozen +\S+Z \(in \d\.\d s\)\n$/);
  expect((await run(emulator, 'clock', 'next')).stdout).toMatch(/frozen +none\n$/);
  expect(emulator.function('hello').counts).toMatchObject({ claimed: 0, available: 2 });
  const before = emulator.clock.now();
  const moved = JSON.parse((await run(emulator, 'clock', 'advance', '1h30m', '--json')).stdout);
  expect(Date.parse(moved.now) - before).toBe(5_400_000);
  expect((await run(emulator, 'clock', '--json', 'resume')).stdout).toMatch(/"frozen":false/);
  expect(emulator.clock.frozen).toBe(false);
});

it('requests prints requests with the name of their function, the bodies of one, and follows', async () => {
  await using emulator = await start();
  await claim(emulator);
  const all = await run(emulator, 'requests');
  expect(all.stdout).toMatch(
    /^\S+Z {2}#1 {2}POST \/v1\/functions\/\S+\/claim {2}200 {2}function="hello" {2}instance="\w+"/,
  );
  const [one] = [JSON.parse((await run(emulator, 'requests', '1', '--json')).stdout)];
  expect(one).toMatchObject({ id: 1, function: 'hello', request: { text: expect.stringContaining('<token ') } });
  using cli = startCli(['requests', '--follow'], environmentOf(emulator));
  await cli.line(/#1 {2}POST/);
  await claim(emulator);
  await cli.line(/#2 {2}POST/);
  expect(all.stdout + JSON.stringify(one)).not.toContain('a-secret-token');
});

it('record saves a recording that replay takes, and begins it again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'record-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await using emulator = await start();
  await claim(emulator);
  const path = join(folder, 'recording.json');
  expect((await run(emulator, 'record', path)).stdout).toContain(path);
  expect(parseRecording(await readFile(path, 'utf8'), path).exchanges).toHaveLength(1);
  await run(emulator, 'record', '--clear');
  const { stdout } = await run(emulator, 'record');
  expect(parseRecording(stdout, 'stdout').exchanges).toEqual([]);
  expect(await run(emulator, 'record', join(path, 'in-a-file'))).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^cycle-scheduler: Failed to write the recording to .*: ENOTDIR\. Choose another path\.\n$/,
    ),
  });
});

it('record writes nothing where another server answers', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'record-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await using server = createServer((_, response) => response.end('<html>')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  using cli = startCli(['record', join(folder, 'recording.json'), '--url', url], { CYCLE_ACCESS_KEY: accessKey });
  expect(await cli.ended).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/not from an emulator\. Check --url/),
  });
  expect(await readdir(folder)).toEqual([]);
});

it('reset takes the emulator back to its beginning', async () => {
  await using emulator = await start();
  await claim(emulator);
  expect(await run(emulator, 'reset')).toMatchObject({ code: 0, stdout: 'All is as it began.\n' });
  expect(emulator.function('hello').counts).toMatchObject({ claimed: 0, available: 2 });
});

it('inspect, logs and events take a function for the instance that ran last, and ps has its exit code', async () => {
  await using emulator = await start();
  emulator.faults.add({ effect: { type: 'exitAfter', code: 7 } });
  const { instanceId } = await emulator.invoke('hello');
  expect((await run(emulator, 'inspect', 'hello')).stdout).toMatch(
    new RegExp(`^id +${instanceId}\\n[\\s\\S]*\\nrun\\.exit\\.code +7\\n`, 'm'),
  );
  expect((await run(emulator, 'logs', instanceId.slice(0, 12))).code).toBe(0);
  const events = await run(emulator, 'events', 'hello', '--name', 'instance.ended');
  expect(events.stdout).toMatch(new RegExp(`^\\S+Z {2}instance\\.ended {2}${instanceId} {2}hello {2}exit=.*\\n$`));
  expect((await run(emulator, 'ps')).stdout).toMatch(new RegExp(`hello +${instanceId} +available .* \\w+ +7$`, 'm'));
});

it('scale gives a function as many instances as its pool may have', async () => {
  const limits = { max_pool_size: 3 };
  await using emulator = await startEmulator({
    stack: sampleStack({ hello: { limits }, other: {} }),
    runtime: 'simulated',
  });
  expect((await run(emulator, 'scale', 'hello', '3')).stdout).toBe('hello has 3 instances.\n');
  // The leases wait for the command line, however busy the machine is.
  emulator.clock.freeze();
  const held = await Promise.all(['1', '2', '3'].map(() => emulator.claim('hello')));
  expect((await run(emulator, 'scale', 'hel', '1')).stdout).toBe(
    'hello has 1 instance, and 2 more until they are free.\n',
  );
  for (const claim of held) await claim.release();
  expect(emulator.function('hello').counts.size).toBe(1);
  expect(emulator.function('other').counts.size).toBe(1);
  expect(await run(emulator, 'scale', 'hello', '4')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Failed to scale hello: hello has at most 3 instances. Ask for no more, or raise'),
  });
});

it('status says which emulator runs without a key, and stop ends one that start has started', async () => {
  using started = startCli(['start', '--runtime', 'simulated', '--port', '0', '--log-level', 'silent']);
  const url = (await started.line(/^ready /)).replace('ready ', '');
  const ask = async (...args: readonly string[]) => {
    using cli = startCli([...args, '--url', url], { CYCLE_ACCESS_KEY: args[0] === 'status' ? '' : 'local-secret' });
    return await cli.ended;
  };
  const status = await ask('status');
  expect(status).toMatchObject({ code: 0, stderr: '' });
  expect(status.stdout).toMatch(new RegExp(`^STATUS +ready\\nSESSION +\\w+\\nPROCESS +${started.child.pid}, `));
  expect(status.stdout).toMatch(/^hello +2 size, 2 available$/m);
  using withPassword = startCli(['status', '--url', url.replace('//', '//me:password@')]);
  expect(await withPassword.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('//me@127.0.0.1') });
  expect((await ask('stop')).stdout).toMatch(/^stopped session \w+\n$/);
  expect(await started.ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/stopping\nstopped\n$/) });
  expect(await ask('status')).toMatchObject({ code: 1, stderr: expect.stringContaining('ECONNREFUSED') });
});

it('stop is refused by an emulator that a program has started', async () => {
  await using emulator = await start();
  expect(await run(emulator, 'stop')).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'cycle-scheduler: Failed to stop the emulator: A program has started this emulator, and ends it. Stop that program.\n',
  });
});

/** A server that is no emulator, or one at its end. */
const serve = async (answer: RequestListener): Promise<{ readonly url: string; readonly server: Server }> => {
  const server = createServer(answer).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
};

const runAt = async (url: string, ...args: readonly string[]) => {
  using cli = startCli([...args, '--url', url], { CYCLE_ACCESS_KEY: accessKey });
  return await cli.ended;
};

it('stop, ps and status name an emulator that takes the connection and answers nothing', async () => {
  const { url } = await serve(() => {});
  const stderr = `cycle-scheduler: Failed to reach an emulator at ${url}: it has not answered within 10 s. Look at its log, or give the URL of another with --url.\n`;
  const answers = await Promise.all(['stop', 'ps', 'status'].map((command) => runAt(url, command)));
  expect(answers).toEqual(answers.map(() => ({ code: 1, stdout: '', stderr })));
});

it('ps names an emulator that goes quiet within its answer', async () => {
  const { url } = await serve((_request, response) => void response.write('{"data":'));
  expect(await runAt(url, 'ps')).toMatchObject({ code: 1, stderr: expect.stringContaining('has gone quiet') });
});

it.each([
  ['stop', 'stopped session s1\n'],
  ['health/live', 'stopped\n'],
])('stop says that an emulator has stopped which another stops, and cuts off %s', async (path, stdout) => {
  const { url, server } = await serve((request, response) => {
    if (!request.url?.endsWith(path)) return response.end('{"data":{"session":"s1","pid":1,"started_at":""}}');
    server.close();
    return request.socket.resetAndDestroy();
  });
  expect(await runAt(url, 'stop')).toEqual({ code: 0, stdout, stderr: '' });
});

it.each([
  [['clock', 'bogus'], /clock has no command 'bogus'\. It has freeze, resume, next, advance\./],
  [['clock', 'freze'], /clock has no command 'freze', did you mean "freeze"\? It has /],
  [['faults', 'clean'], /faults has no command 'clean', did you mean "clear"\? It has add, remove, clear\./],
  [['contract', 'compares'], /contract has no command 'compares', did you mean "compare"\? It has /],
  [
    ['events', '--name', 'instance.end'],
    /No event has this name, did you mean "instance\.ended"\? There are claim\.queued, /,
  ],
])('%j is bad usage that names the words there are', async (args, message) => {
  using cli = startCli(args);
  expect(await cli.ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) });
});

it('record prints the recording where its file is -', async () => {
  await using emulator = await start();
  const { stdout } = await run(emulator, 'record', '-');
  expect(parseRecording(stdout, 'stdout').exchanges).toEqual([]);
});
