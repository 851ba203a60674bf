import { expect, it } from 'vitest';
import { OutputLines, type StreamName, selectLines } from './page/output-lines.ts';

const both = ['stdout', 'stderr'] as const;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const outputOf = (...pieces: readonly (readonly [StreamName, string])[]): OutputLines => {
  const output = new OutputLines();
  for (const [stream, text] of pieces) output.append(stream, bytes(text));
  return output;
};

const texts = (output: OutputLines, streams: readonly StreamName[] = both, search = ''): readonly string[] =>
  selectLines(output.lines, streams, search).map(({ text }) => text);

it('output has whole lines of each stream in the order in which they end', () => {
  const output = outputOf(['stdout', 'one\ntw'], ['stderr', 'oops\n'], ['stdout', 'o\nthr']);
  expect(output.lines).toEqual([
    { stream: 'stdout', text: 'one' },
    { stream: 'stderr', text: 'oops' },
    { stream: 'stdout', text: 'two' },
    { stream: 'stdout', text: 'thr' },
  ]);
});

it('output is selected by stream and text, and notes are always there', () => {
  const output = outputOf(['stdout', 'One\ntwo\n'], ['stderr', 'one\n']);
  output.miss('stdout', 3);
  expect(texts(output, ['stdout'])).toEqual(['One', 'two', '3 bytes of stdout are missing here']);
  expect(texts(output, both, 'ONE')).toEqual(['One', 'one', '3 bytes of stdout are missing here']);
  expect(texts(output, [])).toEqual(['3 bytes of stdout are missing here']);
});

it('output keeps characters whole that come in two pieces', () => {
  const output = new OutputLines();
  const euro = bytes('€\n');
  output.append('stdout', euro.subarray(0, 2));
  output.append('stderr', bytes('x\n'));
  output.append('stdout', euro.subarray(2));
  expect(texts(output)).toEqual(['x', '€']);
});

it.each([
  ['\x1b[31mred\x1b[0m and \x1b[1;38;5;4mblue\x1b[m', 'red and blue'],
  ['\x1b]0;title\x07text\x1b]8;;http://x\x1b\\link', 'textlink'],
  ['\x1b(Bplain\x1b=\x1bM', 'plain'],
  ['line\r', 'line'],
  ['10%\r20%\x08\x00\x7f\x1b', '10%␍20%␈␀␡␛'],
  ['a\tb', 'a\tb'],
  ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
])('output %j is shown as %j', (printed, shown) => {
  expect(texts(outputOf(['stdout', `${printed}\n`]))).toEqual([shown]);
});

it('output says what is missing, on a line of its own', () => {
  const output = outputOf(['stdout', 'half']);
  output.miss('stdout', 12);
  output.miss('stderr', null);
  output.append('stdout', bytes('rest\n'));
  expect(texts(output)).toEqual([
    ...['half', '12 bytes of stdout are missing here', 'bytes of stderr may be missing here', 'rest'],
  ]);
});

it('output that is read again after a lost connection is shown once', () => {
  const output = outputOf(['stdout', 'one\ntwo'], ['stderr', 'e\n']);
  output.readAgain();
  output.append('stdout', bytes('one\n'));
  output.append('stderr', bytes('e\n'));
  output.append('stdout', bytes('two\nthree\n'));
  expect(texts(output)).toEqual(['one', 'e', 'two', 'three']);
});

it('output that is missing when it is read again gets a mark only where it was not read before', () => {
  const output = outputOf(['stdout', 'one\n']);
  output.readAgain();
  output.miss('stdout', 10);
  output.append('stdout', bytes('end\n'));
  expect(texts(output)).toEqual(['one', '6 bytes of stdout are missing here', 'end']);
});

it('equal output of another run is shown, too', () => {
  const output = outputOf(['stdout', 'one\nhalf']);
  output.beginRun();
  output.readAgain();
  output.append('stdout', bytes('one\n'));
  expect(texts(output)).toEqual(['one', 'half', 'the next run', 'one']);
});

it('output keeps its last lines and counts those that it dropped', () => {
  const output = new OutputLines(10);
  for (let line = 1; line <= 25; line += 1) output.append('stdout', bytes(`${line}\n`));
  const kept = texts(output);
  expect(kept.at(-1)).toBe('25');
  expect(kept.length).toBeLessThanOrEqual(11);
  expect(output.dropped + kept.length).toBe(25);
});

it('output breaks lines that are too long, and one that never ends', () => {
  expect(texts(outputOf(['stdout', `${'x'.repeat(4_500)}\n`])).map(({ length }) => length)).toEqual([
    2_000, 2_000, 500,
  ]);
  const endless = new OutputLines();
  for (let piece = 0; piece < 50; piece += 1) endless.append('stdout', bytes('x'.repeat(100)));
  expect(texts(endless).map(({ length }) => length)).toEqual([2_000, 2_000, 1_000]);
});
