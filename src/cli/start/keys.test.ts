import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempDisposableSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createMovableClock } from '../../shared/clock.ts';
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

test('a terminal is restored when the process is suspended by Ctrl-Z, and when keys are no longer read', () => {
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

test('start takes keys in a terminal, ends by q, and leaves the terminal as it was', { timeout: 30_000 }, async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'cycle-keys-'));
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const start = `"${process.execPath}" "${main}" start --runtime simulated --port 0`;
  const line = `cd ${folder.path}; stty -g > before; ${start}; echo "exit code $?"; stty -g > after`;
  const terminal = spawn('script', ['-qec', line, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let shown = '';
  const until = async (text: string): Promise<void> => {
    while (!shown.includes(text)) await once(terminal.stdout, 'data');
  };
  terminal.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    shown += chunk;
  });
  for (const [seen, key] of [
    ['ready http', 'c'],
    ['clock: frozen', 'r'],
    ['reset:', 'q'],
  ] as const) {
    await until(seen);
    terminal.stdin.write(key);
  }
  await until('exit code 0');
  await once(terminal, 'close');
  const [before, after] = ['before', 'after'].map((name) => readFileSync(join(folder.path, name), 'utf8'));
  expect([shown.includes('Keys '), after]).toEqual([true, before]);
});
