import { expect, it } from 'vitest';
import { Fifo } from './queues.ts';

const lineOf = (...values: string[]) => {
  const line = new Fifo<string>();
  return { line, places: values.map((value) => line.push(value)) };
};

/** Who is first, as long as there is one, when one after the other leaves. */
const serve = ({ line, places }: ReturnType<typeof lineOf>): readonly (string | undefined)[] =>
  places.map((place) => {
    const { first } = line;
    line.remove(place);
    return first;
  });

it('a line serves in the order of arrival', () => {
  expect(serve(lineOf('a', 'b', 'c'))).toEqual(['a', 'b', 'c']);
});

it.each([0, 1, 2])('a line lets place %i leave from anywhere, once', (leaving) => {
  const { line, places } = lineOf('a', 'b', 'c');
  const [place] = places.splice(leaving, 1);
  if (place === undefined) throw new Error('no such place');
  line.remove(place);
  line.remove(place);
  expect(line.length).toBe(2);
  expect(line.last).toBe(places.at(-1)?.value);
  expect(serve({ line, places })).toEqual(['a', 'b', 'c'].filter((_, index) => index !== leaving));
});
