import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { listenForStopSignal } from './stop-signal.ts';

/** Signals as `[name, seconds]`, and how often the second one was heard. */
const seconds = (...sent: readonly (readonly [string, number])[]): { stopped: boolean; second: number } => {
  const source = new EventEmitter();
  let [time, second] = [0, 0];
  const signal = listenForStopSignal(
    () => {
      second += 1;
    },
    source,
    () => time,
  );
  for (const [name, at] of sent) {
    time = at * 1_000;
    source.emit(name, name);
  }
  return { stopped: signal.aborted, second };
};

test.each([
  ['one signal', 0, [['SIGINT', 0]]],
  [
    'the same one, as a terminal and npm start both send it',
    0,
    [
      ['SIGINT', 0],
      ['SIGINT', 0.3],
    ],
  ],
  [
    'the same one three times',
    0,
    [
      ['SIGINT', 0],
      ['SIGINT', 0.3],
      ['SIGINT', 0.6],
    ],
  ],
  [
    'the same one later',
    1,
    [
      ['SIGINT', 0],
      ['SIGINT', 1.2],
    ],
  ],
  [
    'another one',
    1,
    [
      ['SIGINT', 0],
      ['SIGTERM', 0],
    ],
  ],
  [
    'another one, as a terminal and npm start both send it',
    1,
    [
      ['SIGINT', 0],
      ['SIGTERM', 2],
      ['SIGTERM', 2.3],
    ],
  ],
] as const)('%s asks to stop, and %i times to stop at once', (_what, second, sent) => {
  expect(seconds(...sent)).toEqual({ stopped: true, second });
});
