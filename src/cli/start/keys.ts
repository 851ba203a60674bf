import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Emulator } from '../../emulator/start-emulator.ts';
import { toMessage } from '../../shared/errors.ts';
import { print, printError } from '../output.ts';

export const keysHelp = 'Keys        r reset, o open the page, c freeze or resume the clock, q quit, h help';

/** What of a terminal is needed. */
export type Keyboard = Pick<NodeJS.ReadStream, 'isTTY' | 'on' | 'off' | 'setRawMode' | 'resume' | 'pause'>;

type KeyParts = {
  readonly openPage: () => unknown;
  /** Where the keys come from, and what signals go to: this process, and the group it is in. */
  readonly keyboard?: Keyboard;
  readonly signal?: (pid: number, signal: NodeJS.Signals) => void;
};

/** Acts on single keys of a terminal until it is disposed of, which gives the terminal back as it was. */
export const listenForKeys = (
  emulator: Pick<Emulator, 'reset' | 'clock'>,
  { openPage, keyboard = process.stdin, signal = process.kill.bind(process) }: KeyParts,
): Disposable => {
  const begin = (): void => {
    // To touch the terminal out of the background would stop the process.
    if (!isInForeground()) return;
    keyboard.setRawMode(true);
    keyboard.resume();
  };
  const end = (): void => {
    keyboard.setRawMode(false);
    keyboard.pause();
  };
  const acts: Readonly<Record<string, () => unknown>> = {
    r: async () => {
      await emulator.reset();
      print('reset: nothing is claimed, nothing runs, and the pools are full');
    },
    o: openPage,
    c: () => toggle(emulator.clock),
    q: () => signal(process.pid, 'SIGINT'),
    h: () => print(keysHelp),
    // What a terminal does by itself where it is not asked for single keys.
    '\x03': () => signal(process.pid, 'SIGINT'),
    '\x1c': () => {
      end();
      signal(process.pid, 'SIGQUIT');
    },
    '\x1a': () => {
      end();
      signal(0, 'SIGTSTP');
    },
  };
  const press = async (keys: Buffer): Promise<void> => {
    try {
      for (const key of keys.toString('latin1').toLowerCase()) if (Object.hasOwn(acts, key)) await acts[key]?.();
    } catch (error) {
      printError(toMessage(error));
    }
  };
  keyboard.on('data', press);
  process.on('SIGCONT', begin);
  begin();
  return {
    [Symbol.dispose]: () => {
      process.off('SIGCONT', begin);
      keyboard.off('data', press);
      end();
    },
  };
};

const toggle = (clock: Emulator['clock']): void => {
  if (clock.frozen) clock.resume();
  else clock.freeze();
  const at = new Date(clock.now()).toISOString();
  print(clock.frozen ? `clock: frozen at ${at}` : `clock: runs from ${at}`);
};

/** Whether the terminal's keys are for this process; where that cannot be found out, they are. */
const isInForeground = (): boolean => {
  try {
    if (process.platform !== 'linux') {
      return (
        process.platform === 'win32' || execFileSync('ps', ['-o', 'stat=', '-p', String(process.pid)]).includes('+')
      );
    }
    // The name of the program may hold anything; behind it, the third is the process group and the sixth that in front.
    const stat = readFileSync('/proc/self/stat', 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[2] === fields[5] || fields[5] === '-1';
  } catch {
    return true;
  }
};

const openers: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/** Opens the link in the user's browser. Where that fails, one line says so: the emulator serves all the same. */
export const openBrowser = (link: string): void => {
  const [command, ...first] = openers[process.platform] ?? ['xdg-open'];
  const fail = (reason: string): void =>
    printError(`Failed to open a browser: ${reason}. Open the link of the line "Page" in one.`);
  const child = spawn(command, [...first, link], { stdio: 'ignore', detached: true });
  child.once('error', ({ message }) => fail(message.replaceAll(link, '<link>')));
  child.once('exit', (code) => {
    if (code !== 0 && code !== null) fail(`${command} has ended with ${code}`);
  });
  child.unref();
};
