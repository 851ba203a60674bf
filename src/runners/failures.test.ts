import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeSampleStack } from '../../test/support/sample-stack.ts';
import { packageRoot } from '../shared/package.ts';

const saw = /^The emulator saw this of the failed test "fails":\n {2}Events:\n.* instance\.claimed {2}hello /m;

/** Writes a file of tests beside a stack, and answers what its run prints. */
const runFile = async (code: string, toArgs: (path: string) => readonly string[]): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-failing-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const stack = join(folder, 'stack.json');
  writeSampleStack(stack, { hello: {} });
  const path = join(folder, 'failing.mjs');
  writeFileSync(path, `const options = { stack: '${stack}', runtime: 'simulated' };\n${code}`);
  // The inner run shall not think that it is the outer one.
  const env = { PATH: process.env['PATH'] };
  const { promise, resolve } = Promise.withResolvers<string>();
  execFile(process.execPath, [...toArgs(path)], { cwd: packageRoot, env }, (_error, ...output) =>
    resolve(output.join('')),
  );
  return await promise;
};

const runner = (name: string): string => join(packageRoot, 'src', 'runners', name);

test('a failed test under node:test is followed by what the emulator saw of it, and a passed one is not', async () => {
  const code = `
    import { test } from 'node:test';
    import { setUpEmulator } from '${runner('node-test.ts')}';
    const emulator = setUpEmulator(options);
    test('passes', async () => { await emulator().claim('hello'); });
    test('fails', async () => { await emulator().claim('hello'); throw new Error('on purpose'); });
  `;
  const output = await runFile(code, (path) => ['--test', path]);
  expect(output).toMatch(saw);
  expect(output.match(/The emulator saw/g)).toHaveLength(1);
});

test('a failed test under Vitest is followed by what the emulator saw of it, and a passed one is not', async () => {
  const code = `
    import { createEmulatorTest } from '${runner('vitest.ts')}';
    const test = createEmulatorTest(options);
    test('passes', async ({ emulator }) => { await emulator.claim('hello'); });
    test('fails', async ({ emulator }) => { await emulator.claim('hello'); throw new Error('on purpose'); });
  `;
  const output = await runFile(code, (path) => ['--input-type=module', '-e', vitestOn(path)]);
  expect(output).toMatch(saw);
  expect(output.match(/The emulator saw/g)).toHaveLength(1);
});

const vitestOn = (path: string): string => `
  import { startVitest } from 'vitest/node';
  const options = { config: false, watch: false, root: '${dirname(path)}', include: ['*.mjs'] };
  await (await startVitest('test', [], { ...options, reporters: ['default'] })).close();
`;
