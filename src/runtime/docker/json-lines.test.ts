import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { readJsonLines } from './connection.ts';

const read = async (chunks: readonly Buffer[]): Promise<readonly unknown[]> => {
  const values: unknown[] = [];
  for await (const value of readJsonLines(Readable.from(chunks))) values.push(value);
  return values;
};

test('JSON lines are read however the stream is cut, within a character too', async () => {
  const whole = Buffer.from('{"a":"日"}\r\n\n{"b":2}\n{"c":3}');
  for (let at = 0; at <= whole.length; at += 1) {
    expect(await read([whole.subarray(0, at), whole.subarray(at)])).toEqual([{ a: '日' }, { b: 2 }, { c: 3 }]);
  }
});
