import type { Report } from '../test-report.ts';
import { summarise } from '../test-summary.ts';
import { type EngineResult, failedReport } from './run-engines.ts';

/** All that was counted, in the shape of vitest's report, with the engine that each file ran on. */
export const mergeReports = (results: readonly EngineResult[]): Report => ({
  testResults: results.flatMap((result) => {
    if (result.facts === null) return result.mayMiss ? [] : ranOn(result.name, failedReport(result.reason));
    return result.suites.flatMap(({ name, report }) => ranOn(`${result.name} ${name}`, report));
  }),
});

const ranOn = (place: string, { testResults }: Report): Report['testResults'] =>
  testResults.map((file) => ({ ...file, ranOn: place }));

const columns = [
  'engine',
  'reports',
  'API',
  'builder',
  'cgroup',
  'storage',
  'suite',
  'passed',
  'failed',
  'skipped',
  's',
];

/** A Markdown table with a row for each suite of each engine. */
export const renderTable = (results: readonly EngineResult[]): string => {
  const rows = results.flatMap(toRows);
  const widths = columns.map((_column, index) =>
    Math.max(...[columns, ...rows].map((row) => (row[index] ?? '').length)),
  );
  const toLine = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' | ')} |`;
  return [columns, widths.map((width) => '-'.repeat(width)), ...rows].map(toLine).join('\n');
};

/** A line that names the engines which no test has seen; null where there is none. */
export const renderNotTried = (results: readonly EngineResult[]): string | null => {
  const named = results.flatMap((result) => {
    if (result.facts === null) return [`${result.name} (${result.reason.replace(/\.$/, '')})`];
    return result.standIn === null ? [] : [`${result.name} (the engine of ${result.standIn} stood in)`];
  });
  return named.length === 0 ? null : `Not tried: ${named.join('; ')}.`;
};

const toRows = (result: EngineResult): readonly (readonly string[])[] => {
  if (result.facts === null) return [[result.name, 'unavailable', ...columns.slice(2).map(() => '')]];
  const { product, version, api, oldestApi, builder, cgroup, storage } = result.facts;
  const engine = [result.name, `${product} ${version}`, `${api} (${oldestApi})`, builder, cgroup, storage];
  return result.suites.map(({ name, report, seconds }) => {
    const { passed, failed, skipped } = summarise(report);
    return [...engine, name, ...[passed, failed, skipped, seconds].map(String)];
  });
};
