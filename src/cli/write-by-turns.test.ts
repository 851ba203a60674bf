import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { writeByTurns } from './write-by-turns.ts';

const createSink = () => {
  const written: string[] = [];
  return { written, write: (text: string) => written.push(text) };
};

test('the lines of one turn go out together, in their order', async () => {
  const sink = createSink();
  const lines = writeByTurns(sink);
  lines.write('one\n');
  lines.write('two\n');
  expect(sink.written).toEqual([]);
  await turn();
  lines.write('three\n');
  await turn();
  expect(sink.written).toEqual(['one\ntwo\n', 'three\n']);
});

test('what is written last goes out before the process ends', () => {
  const sink = createSink();
  const before = process.listeners('exit');
  const lines = writeByTurns(sink);
  const [handOn] = process.listeners('exit').filter((listener) => !before.includes(listener));
  lines.write('the end\n');
  handOn?.(0);
  expect(sink.written).toEqual(['the end\n']);
});
