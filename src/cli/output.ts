import Table from 'cli-table3';
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

/** One JSON object on a line of stdout. */
export const printJson = (value: object): void => print(JSON.stringify(value));

export const printError = (message: string): void => {
  process.stderr.write(`cycle-scheduler: ${toPlain(message)}\n`);
};

export const printWarnings = (warnings: readonly string[]): void => {
  for (const warning of warnings) process.stderr.write(`cycle-scheduler: warning: ${toPlain(warning)}\n`);
};

/** A table with rules on a terminal; columns two blanks apart where a program or a file reads. */
export const renderTable = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const plain = { style: { head: [], border: [] } };
  const bare = Object.fromEntries(borders.map((name) => [name, '']));
  const options = process.stdout.isTTY
    ? plain
    : { style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 }, chars: bare };
  const table = new Table({ ...options, head: [...head] });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .join('\n');
};

const borders = [
  'top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right',
  'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle',
] as const; // biome-ignore format: one block is easier to read
