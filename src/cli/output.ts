import type { ImageProgress } from '../runtime/port.ts';
import { shorten } from '../shared/render-value.ts';

const toEscape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * Text in which a terminal finds nothing to obey: control characters but tabs and line ends stand in the form of JSON.
 * Names in a stack, a file or a request may hold any, and what functions print as well.
 */
export const toPlain = (text: string): string => text.replace(/[^\P{Cc}\t\n]/gu, toEscape);

/** The same for text that was coloured here. */
export const toPlainButColours = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
  text.replace(/(\x1b\[[\d;]*m)|[^\P{Cc}\t\n]/gu, (found, colour?: string) => colour ?? toEscape(found));

// A reader that goes away, as `| head` does, is no reason to leave containers behind.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

/** One line for people or programs, on stdout, without control characters but tabs and line ends. */
export const print = (line: string): void => {
  process.stdout.write(`${toPlain(line)}\n`);
};

/** What a shell reports for a process that writes to a pipe whose reader has gone, as before `| head`. */
export const brokenPipe = 141;

/** Bytes as they are, no faster than they are read. Answers whether their reader is still there. */
export const writeOut = (stream: NodeJS.WriteStream, bytes: Uint8Array): Promise<boolean> =>
  new Promise((resolve) => {
    stream.write(bytes, (error) => resolve(!error));
  });

export const printJson = (value: object): void => print(JSON.stringify(value));

export const printError = (message: string): void => {
  process.stderr.write(`cycle-scheduler: ${toPlain(message)}\n`);
};

const longestError = 2_000;

/** What the parser of arguments has to say, which quotes them as they are: on one line, and not as long as they may be. */
export const toClearError = (text: string): string => {
  const line = toPlain(text.replace(/\n(?!$|\(Did you mean )/g, '\\n'));
  return `${shorten(line.replace(/'([^']{60})[^']+'/g, "'$1…'").trimEnd(), longestError)}\n`;
};

export const printWarnings = (warnings: readonly string[]): void => {
  for (const warning of warnings) process.stderr.write(`cycle-scheduler: warning: ${toPlain(warning)}\n`);
};

/** A table for people and programs: columns three blanks apart, as `docker ps` has them. */
export const renderTable = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  const toLine = (cells: readonly string[]): string =>
    cells.map((cell, column) => cell.padEnd((widths[column] ?? 0) + 3)).join('');
  return lines.map((cells) => toLine(cells).trimEnd()).join('\n');
};

const barWidth = 24;

/** Shows how pulls and builds go on: a bar that is drawn over on a terminal, a line for each new step elsewhere. */
export const createImageReporter = (json: boolean): ((progress: ImageProgress) => void) => {
  if (json) return () => {};
  return process.stderr.isTTY ? drawBar : createLines();
};

const drawBar = ({ image, step, fraction }: ImageProgress): void => {
  const done = Math.round((fraction ?? 0) * barWidth);
  const bar = fraction === null ? '' : ` [${'#'.repeat(done)}${'.'.repeat(barWidth - done)}]`;
  const line = toPlain(`${image}${bar} ${step}`).slice(0, (process.stderr.columns ?? 80) - 1);
  // The last word on an image stays; each one before is drawn over.
  process.stderr.write(`\r\x1b[2K${line}${fraction === 1 ? '\n' : ''}`);
};

const createLines = () => {
  const lastSteps = new Map<string, string>();
  return ({ image, step }: ImageProgress): void => {
    if (lastSteps.get(image) === step) return;
    lastSteps.set(image, step);
    process.stderr.write(`${toPlain(`${image}: ${step}`)}\n`);
  };
};
