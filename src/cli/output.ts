import { toPlain } from './to-plain.ts';

// A reader that goes away, as `| head` does, is no reason to leave containers behind.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

/** One line for people or programs, on stdout, without control characters but tabs and line ends. */
export const print = (line: string): void => {
  process.stdout.write(`${toPlain(line)}\n`);
};

/** Bytes as they are, no faster than they are read. Answers whether their reader is still there. */
export const writeOut = (stream: NodeJS.WriteStream, bytes: Uint8Array): Promise<boolean> =>
  new Promise((resolve) => {
    stream.write(bytes, (error) => resolve(!error));
  });

export const printJson = (value: object): void => print(JSON.stringify(value));

export const printError = (message: string): void => {
  process.stderr.write(`cycle-scheduler: ${toPlain(message)}\n`);
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
