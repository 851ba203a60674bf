import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { type FileResult, failedAsAWhole, type Report } from './test-report.ts';

/** What a reader takes in at the end of a log; the whole of it stands above. */
const mostLines = 40;
const longestLine = 240;

/** A line for each failed test: the engine where there is one, file, name, first line of the error. At most 40 lines. */
export const toFailureLines = ({ testResults }: Report): readonly string[] => {
  const lines = [...testResults.flatMap(toFailed), ...testResults.flatMap(toSkipped)];
  if (lines.length <= mostLines) return lines;
  return [...lines.slice(0, mostLines - 1), `and ${lines.length - mostLines + 1} more, see above`];
};

const toFailed = (file: FileResult): readonly string[] => {
  if (failedAsAWhole(file)) return [toLine('FAIL', [toPlace(file)], file.message)];
  return file.assertionResults
    .filter(({ status }) => status === 'failed')
    .map(({ ancestorTitles = [], title = '', failureMessages }) =>
      toLine('FAIL', [toPlace(file), ...ancestorTitles, title], failureMessages?.[0]),
    );
};

/** A skipped test fails a run as well. Those of a file that failed in a hook were not skipped on purpose. */
const toSkipped = (file: FileResult): readonly string[] => {
  if (failedAsAWhole(file)) return [];
  return file.assertionResults
    .filter(({ status }) => status !== 'passed' && status !== 'failed')
    .map(({ ancestorTitles = [], title = '' }) => toLine('SKIP', [toPlace(file), ...ancestorTitles, title]));
};

const toPlace = ({ name = '', ranOn }: FileResult): string => {
  const file = name.startsWith(`${process.cwd()}/`) ? relative('', name) : name;
  return [ranOn, file].filter((part) => part !== undefined && part !== '').join(': ');
};

const toLine = (word: string, path: readonly string[], message = ''): string => {
  const error = stripVTControlCharacters(message).trim().split('\n')[0] ?? '';
  const line = `${word} ${path.join(' > ')}${error === '' ? '' : `: ${error}`}`.replaceAll('\n', ' ');
  return line.length > longestLine ? `${line.slice(0, longestLine - 1)}…` : line;
};
