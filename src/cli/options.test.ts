import { expect, test } from 'vitest';
import { startCli } from '../../test/support/cli-process.ts';
import { startOptions } from './start-options.ts';

const optionOf = (flag: string) => startOptions.find(({ long }) => long === flag);

test.each([
  ['--log-bytes', '65536', 65_536],
  ['--log-bytes', '1m', 2 ** 20],
  ['--log-bytes', '256M', 2 ** 28],
  ['--recording-limit', '1', 1],
  ['--recording-limit', '32M', 2 ** 25],
] as const)('the option %s %s is a size', (flag, text, bytes) => {
  expect(optionOf(flag)?.parseArg?.(text, undefined)).toBe(bytes);
});

test.each([
  ['--log-bytes', '65535', 'Give a size from 65536 to 268435456 bytes.'],
  ['--log-bytes', '257M', 'Give a size from 65536 to 268435456 bytes.'],
  ['--log-bytes', '-1', 'Give a size above zero'],
  ['--recording-limit', '0', 'Give a size above zero'],
  ['--recording-limit', '1e6', 'Give a size above zero'],
] as const)('the option %s %s is refused', (flag, text, message) => {
  expect(() => optionOf(flag)?.parseArg?.(text, undefined)).toThrow(message);
});

test.each([
  [['--functions-url', 'http://u:hunter2@ci.example'], {}],
  [[], { CYCLE_SCHEDULER_FUNCTIONS_URL: 'http://u:hunter2@ci.example' }],
])('start %j with %j is bad usage, and shows no password', async (args, env) => {
  using cli = startCli(['start', '--port', '0', '--runtime', 'simulated', ...args], env);
  const { code, stdout, stderr } = await cli.ended;
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^cycle-scheduler: Failed to read the URL for functions "http:\/\/u@ci\.example": .*\n$/);
});

test('start --hot and --warm set a number of instances for every function', async () => {
  using cli = startCli(['start', '--port', '0', '--runtime', 'simulated', '--hot', '1', '--warm', '3']);
  const url = (await cli.line(/^ready /)).replace('ready ', '');
  const response = await fetch(`${url}/_emulator/state`, { headers: { 'X-CYCLE-ACCESS-KEY': 'local-secret' } });
  const { data } = (await response.json()) as { data: { functions: { limits: object }[] } };
  expect(data.functions.map(({ limits }) => limits)).toMatchObject([{ hot: 1, warm: 3 }]);
  cli.child.kill('SIGTERM');
  expect((await cli.ended).code).toBe(0);
  using wrong = startCli(['start', '--port', '0', '--runtime', 'simulated', '--warm', 'many']);
  expect(await wrong.ended).toMatchObject({ code: 2, stderr: expect.stringContaining("'--warm <number>'") });
});
