import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { isGood, summarise, toLine } from './test-summary.ts';

const file = (status: string, ...tests: readonly string[]) => ({
  status,
  assertionResults: tests.map((test) => ({ status: test })),
});
const lineOf = (...testResults: ReturnType<typeof file>[]) => toLine(summarise({ testResults }));

test('the test summary counts tests over all files', () => {
  expect(lineOf(file('passed', 'passed', 'passed'), file('failed', 'passed', 'failed'))).toBe('3 passed, 1 failed');
});

test('the test summary counts a file that failed before its tests', () => {
  expect(lineOf(file('passed', 'passed'), file('failed'))).toBe('1 passed, 1 failed');
});

test('the test summary names what was skipped, in whichever way', () => {
  expect(lineOf(file('passed', 'passed', 'skipped', 'pending', 'todo'))).toBe('1 passed, 0 failed, 3 skipped');
});

test('the test summary is good only where all tests passed, and there were some', () => {
  expect(isGood({ passed: 1, failed: 0, skipped: 0 })).toBe(true);
  expect(isGood({ passed: 1, failed: 0, skipped: 1 })).toBe(false);
  expect(isGood({ passed: 1, failed: 1, skipped: 0 })).toBe(false);
  expect(isGood({ passed: 0, failed: 0, skipped: 0 })).toBe(false);
});

test('the test summary adds up all reports, and counts a missing one as a failure', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-reports-'));
  const files = [join(folder, 'one.json'), join(folder, 'other.json'), join(folder, 'none.json')];
  for (const path of files.slice(0, 2)) {
    writeFileSync(path, JSON.stringify({ testResults: [file('passed', 'passed', 'passed')] }));
  }
  const script = fileURLToPath(new URL('test-summary.ts', import.meta.url));
  const stdout = await new Promise<string>((resolve) => {
    execFile(process.execPath, [script, ...files], (_error, said) => resolve(said));
  });
  rmSync(folder, { recursive: true });
  expect(stdout).toBe(`FAIL ${files[2]}: there is no report\n4 passed, 1 failed\n`);
});
