// Reads JSON reports in vitest's shape and prints `N passed, N failed` of all. Exits with 1 where anything failed or was
// skipped.
import { readFileSync } from 'node:fs';

/** What of vitest's JSON report counts. */
export type Report = {
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
};

export type Summary = { readonly passed: number; readonly failed: number; readonly skipped: number };

/** A file that failed as a whole, at its import or in a hook, counts as one failure: its tests do not show as failed. */
export const summarise = ({ testResults }: Report): Summary => {
  const statuses = testResults.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status));
  const count = (...wanted: readonly string[]): number => statuses.filter((status) => wanted.includes(status)).length;
  const failedFiles = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  const [passed, failed] = [count('passed'), count('failed') + failedFiles.length];
  return { passed, failed, skipped: statuses.length - passed - count('failed') };
};

export const toLine = ({ passed, failed, skipped }: Summary): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;

/** A run without a single test has proved nothing. */
export const isGood = ({ passed, failed, skipped }: Summary): boolean => passed > 0 && failed + skipped === 0;

/** A run that left no report is one failure: what it would have told is not known. */
const readReport = (file: string): Report => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    console.error(`Failed to count the tests of ${file}: there is no report. See above.`);
    return { testResults: [{ status: 'failed', assertionResults: [] }] };
  }
};

if (import.meta.main) {
  const testResults = process.argv.slice(2).flatMap((file) => readReport(file).testResults);
  const summary = summarise({ testResults });
  console.log(toLine(summary));
  process.exitCode = isGood(summary) ? 0 : 1;
}
