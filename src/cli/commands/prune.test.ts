import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startCli } from '../../../test/support/cli-process.ts';
import { leftInEngine, withoutStuckNetworks } from '../../../test/support/left-in-engine.ts';

const hello = fileURLToPath(new URL('../../../fixtures/hello.yaml', import.meta.url));

/** Answers the number of a process that was killed, and whose watchdog does not clean up. */
const killStart = async (): Promise<number> => {
  using cli = startCli(['start', hello, '--port', '0', '--no-watchdog']);
  await cli.line(/^ready http/);
  cli.child.kill('SIGKILL');
  await cli.ended;
  return cli.child.pid ?? 0;
};

it('a start cleans up after an earlier one that was killed', async () => {
  const killed = await killStart();
  expect(await leftInEngine(killed)).not.toEqual([]);
  using next = startCli(['start', hello, '--port', '0']);
  await next.line(/^ready http/);
  expect(await leftInEngine(killed)).toEqual([]);
  next.child.kill('SIGTERM');
  await next.ended;
});

it('prune removes what a killed emulator left, and says so', async () => {
  const killed = await killStart();
  const prune = async (...args: readonly string[]) => {
    using cli = startCli(['prune', ...args]);
    return await cli.ended;
  };
  expect((await prune('--dry-run')).stdout).toMatch(/would remove container .*hello/);
  const { code, stdout, stderr } = await prune();
  expect(withoutStuckNetworks(stderr)).toBe('');
  expect(code).toBe(stderr === '' ? 0 : 1);
  expect(stdout).toMatch(/removed container .*hello/);
  expect(stdout).toMatch(/removed network /);
  expect(await leftInEngine(killed)).toEqual([]);
});
