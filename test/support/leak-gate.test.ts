import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/shared/package.ts';

/** Runs one file as a test file, with what all of them are set up with. */
const script = `
  import { startVitest } from 'vitest/node';
  import config from './vitest.config.ts';
  const { setupFiles } = config.test;
  const options = { config: false, watch: false, include: ['test/support/leaking-file.ts'], setupFiles };
  await (await startVitest('test', [], { ...options, reporters: ['default'] })).close();
`;

test('a test file that leaves an emulator running fails, and says where; processes end with the test', async () => {
  // The inner run shall not think that it is the outer one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')));
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: packageRoot, env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  const [code] = await once(child, 'close');
  expect(code).toBe(1);
  expect(output).toMatch(
    /Emulator [0-9a-f]{12} was not stopped\. It was started\n\s+at startAndForget .*leaking-file\.ts:8:/,
  );
  expect(output).toContain('1 passed');
  const pid = Number(/its process is (\d+)/.exec(output)?.[1]);
  expect(pid).toBeGreaterThan(0);
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});
