import { expect, onTestFinished, test, vi } from 'vitest';
import { createRecordingLogger } from '../../test/support/http/recording-logger.ts';
import type { EmulatorOptions } from './public-types.ts';
import { startEmulator } from './start-emulator.ts';

const container = {
  name: 'Hello',
  image: { origin: { type: 'docker-hub', details: { target: 'busybox:1.37' } } },
  stateful: false,
  config: {
    network: { public: 'disable', hostname: 'hello' },
    deploy: { instances: 1, strategy: 'function', function: {} },
    runtime: { command: { path: '/bin/true' } },
  },
};
const rawStack = { version: '1.0', containers: { hello: container } };
const start = (options: object) =>
  startEmulator({ stack: rawStack, runtime: 'simulated', ...options } as EmulatorOptions);

test.each([
  [{ watchdogs: 1 }, 'option "watchdogs": unknown, did you mean "watchdog"? Correct the options of startEmulator.'],
  [{ constructor: 1 }, 'option "constructor": unknown'],
  [{ stack: 7 }, 'option "stack": got 7, expected the path of a stack file, or a stack as an object'],
  [{ stack: null }, 'option "stack": got null'],
  [{ stack: undefined }, 'option "stack": missing'],
  [{ runtime: 'podman' }, 'option "runtime": got "podman", expected one of docker, simulated'],
  [{ port: '80' }, 'option "port": got "80", expected a whole number from 0 to 65535'],
  [{ port: 65_536 }, 'option "port": got 65536'],
  [{ controlPort: 0.5 }, 'option "controlPort": got 0.5'],
  [{ host: 7 }, 'option "host": got 7, expected a string'],
  [{ control: 'false' }, 'option "control": got "false", expected true or false'],
  [{ pull: 'sometimes' }, 'option "pull": got "sometimes", expected one of missing, never, always'],
  [{ hot: -1 }, 'option "hot": got -1, expected a whole number from 0'],
  [{ warm: -1 }, 'option "warm": got -1, expected a whole number from 0'],
  [{ warm: 1.5 }, 'option "warm": got 1.5, expected a whole number from 0'],
  [{ keep: true }, 'option "keep": got true, expected one of never, failed, always'],
  [{ watchdog: 0 }, 'option "watchdog": got 0'],
  [{ state: '' }, 'option "state": got an empty string, expected the path of a file'],
  [{ docker: {} }, 'option "docker": got an object, expected a string'],
  [{ clock: Date }, 'option "clock": got a function, expected a clock of createMovableClock'],
  [{ logger: { info: () => {} } }, 'option "logger": got an object, expected a logger with info, warn and error'],
  [{ onImageProgress: 'log' }, 'option "onImageProgress": got "log", expected a function'],
  [{ signal: {} }, 'option "signal": got an object, expected an AbortSignal'],
  [{ recordingLimitBytes: 0 }, 'option "recordingLimitBytes": got 0, expected a whole number from 1'],
  [{ network: '' }, 'option "network": got an empty string, expected a network\'s name'],
  [{ network: 'a b' }, 'option "network": got "a b", expected a network\'s name'],
  [{ logBytes: 65_535 }, 'option "logBytes": got 65535, expected a whole number from 65536 to 268435456'],
  [{ logBytes: 268_435_457 }, 'option "logBytes": got 268435457'],
  [{ profile: 'live.json' }, 'option "profile": got "live.json", expected a profile'],
] as const)('an emulator does not start with %j', async (options, problem) => {
  await expect(start(options)).rejects.toMatchObject({
    code: 'ERR_BAD_OPTION',
    message: expect.stringContaining(problem),
  });
});

test.each([
  [{ until: 'ready' }, 'option "until": got "ready", expected "exit" or { port: <number> }'],
  [{ until: { port: 0 } }, 'option "until": got an object, expected "exit" or { port: <number> }'],
  [{ env: 'A=1' }, 'option "env": got a string (not shown), expected an object of strings by name'],
  [{ envs: {} }, 'option "envs": unknown, did you mean "env"? Correct the options of invoke.'],
  [{ onOutput: 'log' }, 'option "onOutput": got "log", expected a function'],
] as const)('invoke does not claim an instance with %j', async (options, problem) => {
  await using emulator = await start({});
  await expect(emulator.invoke('hello', options as never)).rejects.toMatchObject({
    code: 'ERR_BAD_OPTION',
    message: expect.stringContaining(problem),
  });
  expect(emulator.function('hello').counts).toMatchObject({ available: 1, claimed: 0 });
});

test.each([
  [7, {}, 'option "stack": got 7, expected the path of a stack file'],
  [rawStack, { rebuild: 'hello' }, 'option "rebuild": got "hello", expected a list of names'],
  [rawStack, { rebuilt: [] }, 'option "rebuilt": unknown, did you mean "rebuild"? Correct the options of reload.'],
])('a reload of %j with %j changes nothing', async (stack, options, problem) => {
  await using emulator = await start({});
  await expect(emulator.reload(stack as never, options as never)).rejects.toMatchObject({
    code: 'ERR_BAD_OPTION',
    message: expect.stringContaining(problem),
  });
  expect(emulator.function('hello').counts).toMatchObject({ available: 1 });
});

test('spawn names a variable whose value is no string', async () => {
  await using emulator = await start({});
  const claim = await emulator.claim('hello');
  await expect(claim.spawn({ COUNT: 3 as never })).rejects.toMatchObject({
    rejection: { name: 'invalid-variable', variable: 'COUNT', problem: 'the value is not a string' },
    message: expect.stringMatching(/the value is not a string\. Pass a string\.$/),
  });
});

test('all wrong options are reported at once, missing options among them', async () => {
  await expect(start({ port: -1, hott: 2 })).rejects.toThrow(/"port".*"hott"/s);
  await expect(startEmulator(undefined as never)).rejects.toMatchObject({ code: 'ERR_BAD_OPTION' });
});

test('options that are undefined count as left out', async () => {
  await using emulator = await start({ hot: undefined, signal: undefined, controlPort: undefined });
  expect(emulator.controlUrl).toBe(emulator.url);
});

test('a stack in code without an access key gets one', async () => {
  const [one, other] = [await start({}), await start({ host: '0.0.0.0' })];
  onTestFinished(async () => {
    await Promise.all([one.stop(), other.stop()]);
  });
  expect(one.accessKey).toMatch(/^[0-9a-f]{32}$/);
  expect(other.accessKey).not.toBe(one.accessKey);
  const path = `${one.url}/v1/functions/${one.function('hello').id}/active`;
  expect((await fetch(path, { headers: { 'X-CYCLE-ACCESS-KEY': one.accessKey } })).status).toBe(200);
  expect((await fetch(path)).status).toBe(401);
});

test('a stack in code keeps the access key that it has', async () => {
  const services = { scheduler: { config: { access_keys: [{ name: 'mine', secret: 'my-secret', ips: [] }] } } };
  await using emulator = await start({ stack: { ...rawStack, services } });
  expect(emulator.accessKey).toBe('my-secret');
});

test('warnings about a stack reach the logger', async () => {
  const log = createRecordingLogger();
  await using _emulator = await start({ stack: { ...rawStack, domains: {}, containerz: {} }, logger: log.logger });
  expect(log.lines.map(({ level, msg }) => [level, msg])).toContainEqual([40, expect.stringContaining('containerz')]);
});

test('warnings about a stack reach the process where there is no logger', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  onTestFinished(() => warn.mockRestore());
  await using _emulator = await start({ stack: { ...rawStack, containerz: {} } });
  expect(warn).toHaveBeenCalledWith(expect.stringContaining('containerz'), { type: 'CycleStackWarning' });
});
