import { expect, it } from 'vitest';
import { inTurns } from './in-turns.ts';

const never = new AbortController().signal;

it('lets contenders take turns, every other round the other way', async () => {
  const order: string[] = [];
  const turn = (name: string) => async () => order.push(name);
  await inTurns({ one: turn('one'), two: turn('two') }, { rounds: 3, signal: never });
  expect(order).toEqual(['one', 'two', 'two', 'one', 'one', 'two']);
});

it('does not count rounds to warm up', async () => {
  let turns = 0;
  const samples = await inTurns({ one: async () => ++turns }, { rounds: 2, warmUp: 3, signal: never });
  expect(samples).toEqual({ one: [4, 5] });
});

it('takes all samples of a turn that has several', async () => {
  const samples = await inTurns({ one: async () => [1, 2] }, { rounds: 2, signal: never });
  expect(samples).toEqual({ one: [1, 2, 1, 2] });
});

it('ends before the next turn when it is told to stop', async () => {
  const stop = new AbortController();
  const turns: string[] = [];
  const contenders = {
    one: () => {
      stop.abort(new Error('stopped'));
      return Promise.resolve(turns.push('one'));
    },
    two: () => Promise.resolve(turns.push('two')),
  };
  await expect(inTurns(contenders, { rounds: 9, signal: stop.signal })).rejects.toThrow('stopped');
  expect(turns).toEqual(['one']);
});
