import { expect, it } from 'vitest';
import { History } from './history.ts';

it('keeps the last, under the numbers they came with', () => {
  const history = new History<string>(2);
  for (const item of ['one', 'two', 'three']) history.add(item);
  expect(history.latest).toBe(3);
  expect(history.after(0)).toEqual([
    { number: 2, item: 'two' },
    { number: 3, item: 'three' },
  ]);
  expect(history.after(2)).toEqual([{ number: 3, item: 'three' }]);
});

it('tells followers what comes until they leave, and of the end', () => {
  const history = new History<string>(10);
  const heard: unknown[] = [];
  const leave = history.follow(
    ({ item }) => heard.push(item),
    () => heard.push('left too late'),
  );
  history.follow(
    () => {},
    () => heard.push('end'),
  );
  history.add('one');
  leave();
  history.add('two');
  history.end();
  history.follow(
    () => {},
    () => heard.push('over already'),
  );
  expect(heard).toEqual(['one', 'end', 'over already']);
});
