// Reads JSON reports in vitest's shape and prints what failed, then `N passed, N failed` of all. Exits with 1 where anything
// failed or was skipped.
import { readFileSync } from 'node:fs';
import { toFailureLines } from './failure-lines.ts';
import { failedAsAWhole, type Report } from './test-report.ts';

export type Summary = { readonly passed: number; readonly failed: number; readonly skipped: number };

export const summarise = ({ testResults }: Report): Summary => {
  const statuses = testResults.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status));
  const count = (...wanted: readonly string[]): number => statuses.filter((status) => wanted.includes(status)).length;
  const failedFiles = testResults.filter(failedAsAWhole);
  const [passed, failed] = [count('passed'), count('failed') + failedFiles.length];
  return { passed, failed, skipped: statuses.length - passed - count('failed') };
};

export const toLine = ({ passed, failed, skipped }: Summary): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;

/** A run without a single test has proved nothing. */
export const isGood = ({ passed, failed, skipped }: Summary): boolean => passed > 0 && failed + skipped === 0;

/** A run without a report counts as one failure. */
const readReport = (file: string): Report => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    return { testResults: [{ name: file, status: 'failed', message: 'there is no report', assertionResults: [] }] };
  }
};

if (import.meta.main) {
  const testResults = process.argv.slice(2).flatMap((file) => readReport(file).testResults);
  const summary = summarise({ testResults });
  for (const line of toFailureLines({ testResults })) console.log(line);
  console.log(toLine(summary));
  process.exitCode = isGood(summary) ? 0 : 1;
}
