import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSampleStack } from '../../test/support/sample-stack.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cycle-node-test-'));
  writeSampleStack(join(folder, 'stack.json'), { hello: {} });
});
afterAll(() => rmSync(folder, { recursive: true }));

const head = `
  import assert from 'node:assert';
  import { test } from 'node:test';
  import { startEmulator } from '${new URL('../index.ts', import.meta.url)}';
  const start = () => startEmulator({ stack: 'stack.json', runtime: 'simulated' });
`;

/** Runs a file of tests under node:test; how many passed and failed, or that it had to be killed. */
const runFile = async (code: string): Promise<unknown> => {
  writeFileSync(join(folder, 'file.test.mjs'), head + code);
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const env = { PATH: process.env['PATH'] };
  const options = { cwd: folder, env, timeout: 20_000, killSignal: 'SIGKILL' } as const;
  const args = ['--test', '--test-reporter=tap', 'file.test.mjs'];
  execFile(process.execPath, args, options, (error, stdout) => {
    const count = (word: string) => Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(stdout)?.[1]);
    resolve(error?.killed ? 'hangs' : { pass: count('pass'), fail: count('fail') });
  });
  return await promise;
};

describe('a file under node:test ends', () => {
  it('when a test throws before it stops the emulator that it has started', async () => {
    const test = `test('fails', async () => {
      const emulator = await start();
      assert.fail();
      await emulator.stop();
    });`;
    expect(await runFile(test)).toEqual({ pass: 0, fail: 1 });
  });

  it('when it throws itself, outside of its tests', async () => {
    const code = `test('passes', () => {}); const emulator = await start(); assert.fail();`;
    expect(await runFile(code)).toEqual({ pass: 1, fail: 1 });
  });
});

it('an emulator outlives the test that has started it, where that passes, and a failure elsewhere', async () => {
  const code = `
    let emulator;
    await test('starts it', async () => { emulator = await start(); });
    await test('fails', () => assert.fail());
    await test('uses it', async () => { await emulator.claim('hello'); });
    await emulator.stop();
  `;
  expect(await runFile(code)).toEqual({ pass: 2, fail: 1 });
});
