import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../kit/make-folder.ts';
import type { ContractResult } from '../model/result.ts';
import { toHtml } from './html.ts';
import { toJunit } from './junit.ts';
import { toSummary } from './text.ts';

/** The format's own version: raised when something is taken away or changes its meaning. */
const resultsVersion = 1;

/** The result as JSON; docs/contract-results.schema.json describes it. */
const toResultsJson = (result: ContractResult): string =>
  `${JSON.stringify({ format: 'cycle-scheduler-contract-results', version: resultsVersion, ...result }, null, 2)}\n`;

/** The four reports by file name. */
export const renderReports = (result: ContractResult): Readonly<Record<string, string>> => ({
  'results.json': toResultsJson(result),
  'junit.xml': toJunit(result),
  'report.html': toHtml(result),
  'summary.md': toSummary(result),
});

/** Writes the reports into a folder, which is made where it is missing. Rejects where it cannot. */
export const writeReports = async (folder: string, result: ContractResult): Promise<void> => {
  makeFolder(folder);
  const reports = Object.entries(renderReports(result));
  await Promise.all(reports.map(([name, content]) => writeFile(join(folder, name), content)));
};
