import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { createMovableClock } from '../shared/clock.ts';
import { type Keyboard, listenForKeys } from './keys.ts';

/** A terminal that shows which mode it is in, and what was done because of its keys. */
const openTerminal = () => {
  const did: string[] = [];
  const source = new EventEmitter();
  const keyboard = Object.assign(source, {
    isTTY: true,
    setRawMode: (isRaw: boolean) => void did.push(isRaw ? 'raw' : 'as it was'),
    resume: () => {},
    pause: () => {},
  });
  const clock = createMovableClock({ frozenAt: 0 });
  const emulator = { reset: () => Promise.resolve(void did.push('reset')), clock };
  const listening = listenForKeys(emulator as unknown as Parameters<typeof listenForKeys>[0], {
    openPage: () => void did.push('page'),
    keyboard: keyboard as unknown as Keyboard,
    signal: (_pid, name) => void did.push(name),
  });
  return { did, clock, listening, press: (keys: string) => source.emit('data', Buffer.from(keys)) };
};

test.each([
  ['r', 'reset'],
  ['R', 'reset'],
  ['o', 'page'],
  ['q', 'SIGINT'],
  ['\x03', 'SIGINT'],
])('the key %j does: %s', (key, done) => {
  const { did, press, listening } = openTerminal();
  press(key);
  expect(did).toContain(done);
  listening[Symbol.dispose]();
});

test('c resumes a frozen clock and freezes one that runs', () => {
  const { clock, press, listening } = openTerminal();
  press('c');
  expect(clock.frozen).toBe(false);
  press('c');
  expect(clock.frozen).toBe(true);
  listening[Symbol.dispose]();
});

test('a terminal that is suspended by Ctrl-Z, or given up, is as it was', () => {
  const { did, press, listening } = openTerminal();
  press('\x1a');
  expect(did.slice(-2)).toEqual(['as it was', 'SIGTSTP']);
  process.emit('SIGCONT', 'SIGCONT');
  expect(did.at(-1)).toBe('raw');
  listening[Symbol.dispose]();
  expect(did.at(-1)).toBe('as it was');
  press('r');
  expect(did).not.toContain('reset');
});
