import { expect, it } from 'vitest';
import { interleave } from './interleave.ts';

const never = new AbortController().signal;

it('contenders take turns, every other round in reverse order', async () => {
  const order: string[] = [];
  const turn = (name: string) => async () => order.push(name);
  await interleave({ one: turn('one'), two: turn('two') }, { rounds: 3, signal: never });
  expect(order).toEqual(['one', 'two', 'two', 'one', 'one', 'two']);
});

it('warm-up rounds do not count', async () => {
  let turns = 0;
  const samples = await interleave({ one: async () => ++turns }, { rounds: 2, warmUp: 3, signal: never });
  expect(samples).toEqual({ one: [4, 5] });
});

it('a turn with several samples keeps them all', async () => {
  const samples = await interleave({ one: async () => [1, 2] }, { rounds: 2, signal: never });
  expect(samples).toEqual({ one: [1, 2, 1, 2] });
});

it('an aborted signal ends the rounds before the next turn', async () => {
  const stop = new AbortController();
  const turns: string[] = [];
  const contenders = {
    one: () => {
      stop.abort(new Error('stopped'));
      return Promise.resolve(turns.push('one'));
    },
    two: () => Promise.resolve(turns.push('two')),
  };
  await expect(interleave(contenders, { rounds: 9, signal: stop.signal })).rejects.toThrow('stopped');
  expect(turns).toEqual(['one']);
});
