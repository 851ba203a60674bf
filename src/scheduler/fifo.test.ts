import { expect, it } from 'vitest';
import { Fifo } from './fifo.ts';

const lineOf = (...values: string[]) => {
  const line = new Fifo<string>();
  return { line, places: values.map((value) => line.push(value)) };
};

it('a line serves in the order of arrival', () => {
  const { line } = lineOf('a', 'b', 'c');
  expect([...line]).toEqual(['a', 'b', 'c']);
});

it.each([0, 1, 2])('a line lets place %i leave from anywhere, once', (leaving) => {
  const { line, places } = lineOf('a', 'b', 'c');
  const place = places[leaving];
  if (place === undefined) throw new Error('no such place');
  line.remove(place);
  line.remove(place);
  expect([...line]).toEqual(['a', 'b', 'c'].filter((_, index) => index !== leaving));
  expect(line.length).toBe(2);
});
