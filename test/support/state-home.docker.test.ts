import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/shared/package.ts';
import { docker } from './docker-cli.ts';

/** Runs one file as a test file. */
const script = `
  import { startVitest } from 'vitest/node';
  const options = { config: false, watch: false, include: ['test/support/timing-out-file.ts'] };
  await (await startVitest('test', [], { ...options, reporters: ['default'] })).close();
`;

test('a test that times out leaves no emulator of its state home, and nothing in the engine', async () => {
  // The inner run shall not think that it is the outer one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')));
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: packageRoot, env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  await once(child, 'close');
  expect(output).toContain('Test timed out');
  const [, stateFile, pid] = /started with (\S+) as (\d+)/.exec(output) ?? [];
  expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
  expect(await docker('ps', '-aq', '--filter', `label=io.cycle.emulator.state=${stateFile}`)).toBe('');
});
