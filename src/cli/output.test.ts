import { expect, onTestFinished, test, vi } from 'vitest';
import { print, printError, printJson, printWarnings, renderTable } from './output.ts';

/** What is written while `act` runs, to both streams. */
const written = (act: () => void): string => {
  let text = '';
  for (const stream of [process.stdout, process.stderr]) {
    const write = vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      text += chunk;
      return true;
    });
    onTestFinished(() => write.mockRestore());
  }
  act();
  return text;
};

const hostile = 'red \x1b[31m bell \x07 null \0 delete \x7f csi \x9b31m';
const shown = 'red \\u001b[31m bell \\u0007 null \\u0000 delete \\u007f csi \\u009b31m';

test.each([
  ['a line', () => print(hostile), `${shown}\n`],
  ['an error', () => printError(hostile), `cycle-scheduler: ${shown}\n`],
  ['a warning', () => printWarnings([hostile]), `cycle-scheduler: warning: ${shown}\n`],
])('%s has no control character that a terminal would obey', (_what, act, text) => {
  expect(written(act)).toBe(text);
});

test('a line keeps its tabs and line ends', () => {
  expect(written(() => print('a\tb\nc'))).toBe('a\tb\nc\n');
});

test('JSON has no control character either, and is parsed to the same value', () => {
  const json = written(() => printJson({ hostile }));
  expect(json.trimEnd()).toMatch(/^[^\p{Cc}]+$/u);
  expect(JSON.parse(json)).toEqual({ hostile });
});

test('a table has each column as wide as its longest cell, and no blanks at the end of a line', () => {
  const rows = [
    ['hello', '1 to 10', ''],
    ['a-long-name', '2', 'cold'],
  ];
  expect(renderTable(['FUNCTION', 'INSTANCES', 'KIND'], rows).split('\n')).toEqual([
    'FUNCTION      INSTANCES   KIND',
    'hello         1 to 10',
    'a-long-name   2           cold',
  ]);
});
