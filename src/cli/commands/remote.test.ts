import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startCli } from '../../../test/support/cli-process.ts';
import { accessKey, sampleStack } from '../../../test/support/sample-stack.ts';
import { type Emulator, startEmulator } from '../../emulator/start-emulator.ts';

/** Runs a command against an emulator, as a user whose environment says where it is. */
const run = async (emulator: Emulator, ...args: readonly string[]) => {
  using cli = startCli(args, { CYCLE_SCHEDULER_URL: emulator.url, CYCLE_ACCESS_KEY: accessKey });
  return await cli.ended;
};

const start = (): Promise<Emulator> =>
  startEmulator({
    stack: sampleStack({ hello: { instances: 2 } }),
    runtime: 'simulated',
  });

describe('against a running emulator', () => {
  it('ps lists instances, and the time left of claims', async () => {
    await using emulator = await start();
    // The lease waits for the command line, however busy the machine is.
    emulator.clock.freeze();
    const claim = await emulator.claim('hello', { token: 'a-secret-token' });
    await emulator.clock.advance(1_000);
    const table = await run(emulator, 'ps');
    expect(table).toMatchObject({ code: 0, stderr: '' });
    expect(table.stdout).toMatch(
      new RegExp(`^hello +${claim.instanceId} +claimed +\\d\\.\\d s +\\d\\.\\d s +hello-1`, 'm'),
    );
    const json = JSON.parse((await run(emulator, 'ps', '--json')).stdout);
    expect(json.functions[0].instances).toHaveLength(2);
    expect(table.stdout + JSON.stringify(json)).not.toContain('a-secret-token');
  });

  it('invoke answers the exit code of the function, and takes its variables', async () => {
    await using emulator = await start();
    const env = ['--env', 'CYCLE_SIMULATED_EXIT_AFTER_MS=0', '-e', 'CYCLE_SIMULATED_EXIT_CODE=7'];
    expect(await run(emulator, 'invoke', 'hello', ...env)).toMatchObject({ code: 7, stdout: '', stderr: '' });
    const json = await run(emulator, 'invoke', 'hello', ...env, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ code: 7, out_of_memory: false, stdout: '', stderr: '' });
  });

  it('invoke names a fault that strikes its run', async () => {
    await using emulator = await start();
    emulator.faults.add({ id: 'short', match: { times: 1 }, effect: { type: 'exitAfter', code: 3 } });
    const stderr = 'cycle-scheduler: Fault "short" strikes this run: exitAfter.\n';
    expect(await run(emulator, 'invoke', 'hello')).toEqual({ code: 3, stdout: '', stderr });
  });

  it.each(['claim', 'spawn'] as const)('invoke names a fault that breaks its %s', async (operation) => {
    await using emulator = await start();
    emulator.faults.add({ id: 'cut-off', match: { operation }, effect: { type: 'reset' } });
    const { code, stderr } = await run(emulator, 'invoke', 'hello');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^cycle-scheduler: Fault "cut-off" strikes this run: reset\.\n.*ECONNRESET.*\n$/);
  });

  it('invoke releases what it runs when it is interrupted', async () => {
    await using emulator = await start();
    const running = emulator.events.waitFor(({ name }) => name === 'instance.running');
    using cli = startCli(['invoke', 'hello'], { CYCLE_SCHEDULER_URL: emulator.url, CYCLE_ACCESS_KEY: accessKey });
    await running;
    cli.child.kill('SIGINT');
    const { code, stderr } = await cli.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/^cycle-scheduler: Waiting for hello to end, as long as its graceful_timeout says\. .*\n$/);
    expect(emulator.function('hello').counts).toMatchObject({ active: 0 });
  });

  it('invoke says why what it runs was killed after its grace', async () => {
    await using emulator = await start();
    emulator.faults.add({ effect: { type: 'hangingStop' } });
    const running = emulator.events.waitFor(({ name }) => name === 'instance.running');
    using cli = startCli(['invoke', 'hello'], { CYCLE_SCHEDULER_URL: emulator.url, CYCLE_ACCESS_KEY: accessKey });
    await running;
    const stopping = emulator.events.waitFor(({ name }) => name === 'instance.stopping');
    cli.child.kill('SIGINT');
    await stopping;
    await emulator.clock.advance(60_000);
    const { code, stderr } = await cli.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/hello was killed, for it had not ended within its graceful_timeout\. .* handle SIGTERM/);
  });

  it('invoke says that what it runs was killed with the emulator', async () => {
    const emulator = await start();
    const running = emulator.events.waitFor(({ name }) => name === 'instance.running');
    using cli = startCli(['invoke', 'hello'], { CYCLE_SCHEDULER_URL: emulator.url, CYCLE_ACCESS_KEY: accessKey });
    await running;
    await emulator.stop();
    const stderr = 'cycle-scheduler: hello was killed, for the emulator stops.\n';
    expect(await cli.ended).toEqual({ code: 137, stdout: '', stderr });
  });

  it('events prints past events, and follows to the end', async () => {
    const emulator = await start();
    await (await emulator.claim('hello')).release();
    const past = await run(emulator, 'events', '--json');
    const names = past.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).name);
    expect(names).toContain('instance.claimed');
    using cli = startCli(['events', '--follow'], { CYCLE_SCHEDULER_URL: emulator.url, CYCLE_ACCESS_KEY: accessKey });
    await cli.line(/instance\.claimed {2}[0-9a-f]{24}/);
    await emulator.stop();
    expect((await cli.ended).code).toBe(0);
  });

  it('faults sets and removes faults', async () => {
    await using emulator = await start();
    const fault = JSON.stringify({ id: 'slow', effect: { type: 'delay', ms: 5 }, match: { operation: 'claim' } });
    expect((await run(emulator, 'faults', 'add', fault)).stdout).toMatch(/slow +delay ms=5 +operation=claim +0/);
    expect(emulator.faults.list()).toMatchObject([{ id: 'slow' }]);
    expect(await run(emulator, 'faults', 'remove', '')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Give the ID of a fault'),
    });
    expect(emulator.faults.list()).toMatchObject([{ id: 'slow' }]);
    expect((await run(emulator, 'faults', 'remove', 'slow')).stdout).toBe('No fault is set.\n');
    const wrong = '{"match":{"operation":"reech"},"effect":{"type":"delay","ms":1}}';
    expect((await run(emulator, 'faults', 'add', wrong)).stderr).toMatch(/, did you mean "reach"\?\n$/);
    expect((await run(emulator, 'faults', 'add', '[]')).stderr).toContain('Write a JSON object such as');
  });

  it.each([
    [
      ['invoke', 'helo'],
      1,
      /^cycle-scheduler: Failed to find the function "helo": the emulator has only hello, did you mean "hello"\? Name/,
    ],
    [
      ['invoke', 'hello', '--access-key', 'wrong'],
      1,
      /^cycle-scheduler: Failed to read the emulator's state: the access key/,
    ],
    [['logs', 'nonesuch'], 1, /^cycle-scheduler: Failed to find the instance "nonesuch": no function has it\./],
    [['logs', 'hello'], 1, /^cycle-scheduler: Failed to find a run of hello: it has not run yet\./],
    [['clock', 'advance', '5'], 2, /value '5' is invalid for argument 'time'\. Give a duration/],
    [['logs', '--raw'], 1, /--raw|Name an instance/],
    [
      ['ps', '--url', 'http://127.0.0.1:1'],
      1,
      /^cycle-scheduler: Failed to reach an emulator at http:\/\/127\.0\.0\.1:1: ECONNREFUSED\./,
    ],
    [['ps', '--url', 'here'], 1, /^cycle-scheduler: Failed to read the URL "here"/],
    [
      ['ps', '--url', 'http://x/_emulator/ui#code=C'],
      1,
      /the URL "http:\/\/x\/_emulator\/ui": it goes on with #, as links/,
    ],
    [['invoke', 'hello', '--env', 'NAME'], 2, /Write it as NAME=value/],
    [['logs', '0'.repeat(24), '--raw', '--json'], 2, /'--raw' cannot be used with option '--json'/],
  ])('answers %j with one clear line', async (args, code, message) => {
    await using emulator = await start();
    const answer = await run(emulator, ...args);
    expect(answer).toMatchObject({ code, stdout: '' });
    expect(answer.stderr).toMatch(message);
    expect(answer.stderr).not.toContain('    at ');
  });
});

describe('against an emulator with containers', () => {
  it('invoke passes on each stream, and logs has both afterwards', async () => {
    const stack = sampleStack({ hello: { script: 'echo hello, $NAME; echo oh >&2; exit 3' } });
    await using emulator = await startEmulator({ stack });
    const invoked = await run(emulator, 'invoke', 'hello', '--env', 'NAME=Ada');
    expect(invoked).toEqual({ code: 3, stdout: 'hello, Ada\n', stderr: 'oh\n' });
    const [instance] = emulator.function('hello').instances();
    const logs = await run(emulator, 'logs', instance?.id ?? '');
    expect(logs.stdout.split('\n').toSorted()).toEqual(['', 'hello, Ada', 'oh']);
  });
});

it('logs of all follows the runs of every function, and says whose each line is', async () => {
  const stack = sampleStack({ one: { script: 'echo first; echo second >&2' }, other: { script: 'printf unended' } });
  const listens = Promise.withResolvers<void>();
  const info = (fields: object): void => {
    // It asks for the state once it follows events.
    if ('operation' in fields && fields.operation === 'getState') listens.resolve();
  };
  await using emulator = await startEmulator({ stack, logger: { info, warn: () => {}, error: () => {} } });
  using cli = startCli(['logs', '--follow'], { CYCLE_SCHEDULER_URL: emulator.url, CYCLE_ACCESS_KEY: accessKey });
  await listens.promise;
  const one = await emulator.invoke('one');
  const other = await emulator.invoke('other');
  const again = await emulator.invoke('one');
  const label = ({ instanceId }: typeof one): string => instanceId.slice(0, 6);
  await cli.line(new RegExp(`^other ${label(other)} \\| unended$`));
  await emulator.stop();
  const { code, stdout } = await cli.ended;
  expect(code).toBe(0);
  const lines = stdout.trim().split('\n').toSorted();
  expect(lines).toEqual(
    [
      ...[one, again].flatMap((run) => [`one   ${label(run)} | first`, `one   ${label(run)} | second`]),
      `other ${label(other)} | unended`,
    ].toSorted(),
  );
});

describe('what a function prints', () => {
  const lines = (count: number) => Array.from({ length: count }, (_, index) => `${index + 1}\n`).join('');

  it('reaches invoke from the first byte and in order, on both streams', async () => {
    const script = 'i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo $i; done; seq 1 300000; echo oh >&2';
    const stack = sampleStack({ hello: { script } });
    await using emulator = await startEmulator({ stack, logBytes: 65_536 });
    const invoked = await run(emulator, 'invoke', 'hello');
    expect(invoked).toEqual({ code: 0, stdout: lines(200) + lines(300_000), stderr: 'oh\n' });
  });

  it('has a mark in logs where it is too long to be kept', async () => {
    const stack = sampleStack({ hello: { script: 'seq 1 300000' } });
    await using emulator = await startEmulator({ stack, logBytes: 65_536 });
    const { instanceId, logs } = await emulator.invoke('hello');
    const missing = lines(300_000).length - 65_536;
    const text = await run(emulator, 'logs', instanceId);
    expect(text.stdout).toBe(logs.text);
    expect(text.stdout).toMatch(new RegExp(`^\\[cycle-scheduler: ${missing} bytes of stdout are missing here\\]\n`));
    const raw = await run(emulator, 'logs', instanceId, '--raw', '--follow');
    expect(raw.stdout).toBe(lines(300_000).slice(-65_536));
    expect(raw.stderr).toBe(`cycle-scheduler: ${missing} bytes are missing before the first of these.\n`);
  });

  it('ends with the reader of invoke, quietly, and so does the run', async () => {
    const stack = sampleStack({ hello: { script: "trap 'exit 0' TERM; while :; do echo line; done" } });
    await using emulator = await startEmulator({ stack });
    using cli = startCli(['invoke', 'hello'], { CYCLE_SCHEDULER_URL: emulator.url, CYCLE_ACCESS_KEY: accessKey });
    await cli.line(/line/);
    cli.child.stdout?.destroy();
    expect(await cli.ended).toMatchObject({ code: 141, stderr: '' });
    expect(emulator.function('hello').counts).toMatchObject({ active: 0 });
  });
});

it.each([['logs', '--follow'], ['events', '--follow'], ['ps']])(
  '%s says what happened where its answer breaks off',
  async (...args) => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write('half', () => response.destroy());
    });
    onTestFinished(() => void server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const id = args[0] === 'logs' ? ['0123456789abcdef01234567'] : [];
    const { code, stderr } = await startCli([...args, ...id, '--url', url]).ended;
    expect([code, stderr]).toEqual([
      1,
      'cycle-scheduler: Failed to read the answer to its end: the connection to the emulator broke. Check that it still runs.\n',
    ]);
  },
);

it('events goes on after the last one where it was cut off for being slow', async () => {
  const server = createServer(({ url, headers }, response) => {
    if (url === '/_emulator/state') return response.end('{"data":{"clock":{"now":""},"functions":[]}}');
    const number = Number(headers['last-event-id']) + 1;
    const event = `{"cursor":${number},"name":"event-${number}","at":"","container_id":null}`;
    return response.write(`id: ${number}\ndata: ${event}\n\n`, () =>
      number < 3 ? response.destroy() : response.end(),
    );
  });
  onTestFinished(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const printed = { code: 0, stdout: 'event-1\nevent-2\nevent-3\n', stderr: '' };
  expect(await startCli(['events', '--follow', '--url', url]).ended).toEqual(printed);
});

it.each([
  [['ps'], "read the emulator's state"],
  [['faults'], 'list faults'],
])('%j refuses an answer that is none of the control API', async (args, attempt) => {
  const server = createServer((_request, response) => response.end('{"data":{"functions":[{"name":1}]}}'));
  onTestFinished(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { code, stderr } = await startCli([...args, '--url', url]).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(
    `cycle-scheduler: Failed to ${attempt}: the answer is not one of the control API. Check --url`,
  );
});
