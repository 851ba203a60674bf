import { expect, it } from 'vitest';
import { History } from './events.ts';

it('a history keeps the last events, under their numbers', () => {
  const history = new History<string>(2);
  for (const item of ['one', 'two', 'three']) history.add(item);
  expect(history.latest).toBe(3);
  expect(history.after(0)).toEqual([
    { number: 2, item: 'two' },
    { number: 3, item: 'three' },
  ]);
  expect(history.after(2)).toEqual([{ number: 3, item: 'three' }]);
});

it('a history sends followers new events until they leave, and the end', () => {
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
