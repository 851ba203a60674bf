import { expect, test } from 'vitest';
import type { StateStore } from '../engine/service.ts';
import { logFailures } from './core.ts';

test('a state file that cannot be written is logged once, and so is its recovery', () => {
  const lines: string[] = [];
  const log = (_fields: object, message: string): void => {
    lines.push(message);
  };
  let isFull = false;
  const store: StateStore = {
    records: [],
    write: () => {
      if (isFull) throw new Error('it cannot be written');
    },
  };
  const watched = logFailures(store, { info: log, warn: log, error: log });
  watched.write([], 1);
  isFull = true;
  for (const now of [2, 3]) expect(() => watched.write([], now)).toThrow('it cannot be written');
  isFull = false;
  for (const now of [4, 5]) watched.write([], now);
  expect(lines).toEqual([
    'it cannot be written; claims and spawns are refused until it can',
    'the state file can be written again',
  ]);
});
