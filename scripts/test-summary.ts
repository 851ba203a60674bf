// Reads vitest's JSON report and prints `N passed, N failed`. Exits with 1 where anything failed or was skipped.
import { readFileSync } from 'node:fs';

/** What of vitest's JSON report counts. */
type Report = {
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

if (import.meta.main) {
  const summary = summarise(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Report);
  console.log(toLine(summary));
  process.exitCode = isGood(summary) ? 0 : 1;
}
