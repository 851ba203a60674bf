import { expect, test } from 'vitest';
import { toFailureLines } from './failure-lines.ts';
import type { FileResult, TestResult } from './test-report.ts';

const linesOf = (...testResults: readonly FileResult[]) => toFailureLines({ testResults });

const failed = (title: string, error: string, ...ancestorTitles: readonly string[]): TestResult => ({
  ...{ title, ancestorTitles, status: 'failed' },
  failureMessages: [`${error}\n    at /a/stack.ts:1:1`],
});

test('a failed test is reported in one line: engine, file, name, first line of the error', () => {
  const file: FileResult = {
    ...{ name: `${process.cwd()}/src/a.test.ts`, ranOn: 'docker-29 docker', status: 'failed', message: '' },
    assertionResults: [
      { title: 'passes', status: 'passed' },
      failed('ends', '\u001b[31mTestTimeoutError\u001b[39m: Test timed out in 50ms.', 'a run'),
    ],
  };
  expect(linesOf(file)).toEqual([
    'FAIL docker-29 docker: src/a.test.ts > a run > ends: TestTimeoutError: Test timed out in 50ms.',
  ]);
});

test('a file that failed as a whole is reported in one line, its skipped tests in none', () => {
  const file: FileResult = {
    ...{ name: '/elsewhere/b.test.ts', status: 'failed', message: 'Cannot find module\nof b' },
    assertionResults: [{ title: 'x', status: 'skipped' }],
  };
  expect(linesOf(file)).toEqual(['FAIL /elsewhere/b.test.ts: Cannot find module']);
});

test('a skipped test is reported in one line, after the failed ones', () => {
  const skipped: FileResult = {
    name: 'a.test.ts',
    status: 'passed',
    assertionResults: [{ title: 'x', status: 'todo' }],
  };
  const file: FileResult = { name: 'b.test.ts', status: 'failed', assertionResults: [failed('y', 'no')] };
  expect(linesOf(skipped, file)).toEqual(['FAIL b.test.ts > y: no', 'SKIP a.test.ts > x']);
});

test('many failures are reported in 40 lines, the last of which counts the others; a long line is cut', () => {
  const many = Array.from({ length: 50 }, (_one, index) => failed(`test ${index}`, 'no'.repeat(500)));
  const lines = linesOf({ name: 'a.test.ts', status: 'failed', assertionResults: many });
  expect(lines).toHaveLength(40);
  expect(lines.at(-1)).toBe('and 11 more, see above');
  expect(Math.max(...lines.map((line) => line.length))).toBe(240);
});

test('a report without failures yields no lines', () => {
  expect(linesOf({ name: 'a', status: 'passed', assertionResults: [{ title: 'x', status: 'passed' }] })).toEqual([]);
});
