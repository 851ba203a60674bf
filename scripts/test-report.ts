/** What of vitest's JSON report counts. */
export type Report = { readonly testResults: readonly FileResult[] };

export type FileResult = {
  /** Path of the file, or what else was tried. */
  readonly name?: string;
  /** The engine, and its suite, that a file was run on. */
  readonly ranOn?: string;
  readonly status: string;
  /** Why the file failed as a whole. */
  readonly message?: string;
  readonly assertionResults: readonly TestResult[];
};

export type TestResult = {
  readonly ancestorTitles?: readonly string[];
  readonly title?: string;
  readonly status: string;
  readonly failureMessages?: readonly string[];
};

/** A file that failed at its import or in a hook counts as one failure: its tests do not show as failed. */
export const failedAsAWhole = ({ status, assertionResults }: FileResult): boolean =>
  status === 'failed' && !assertionResults.some((test) => test.status === 'failed');
