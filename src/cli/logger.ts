import { pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { EmulatorLogger } from '../emulator/public-types.ts';
import { toPlain, toPlainButColours } from './output.ts';

type Destination = { readonly sink: { write(text: string): unknown }; readonly isTerminal: boolean };

const stderr = (): Destination => ({
  sink: pino.destination({ dest: 2, sync: true }),
  isTerminal: process.stderr.isTTY === true,
});

/** As pino-pretty writes it by itself, in a third of the time. */
const localTime = (ms: number): string => {
  const shiftedMs = ms - new Date(ms).getTimezoneOffset() * 60_000;
  return new Date(shiftedMs).toISOString().slice('2000-01-01T'.length, -'Z'.length);
};

/**
 * Logs to stderr, so that stdout keeps what `start` prints: JSON lines for programs, short lines for people. No line has
 * control characters but its own colours. It is written before the call returns, so that no end of the process loses it.
 */
export const createLogger = (level: string, json: boolean, { sink, isTerminal } = stderr()): EmulatorLogger => {
  const pretty = prettyFactory({
    singleLine: true,
    colorize: isTerminal,
    // Nothing here has a host name to be left out, for which each line would be copied.
    ignore: '',
    translateTime: false,
    customPrettifiers: { time: (at) => `[${localTime(Number(at))}]` },
  });
  const toText = (line: string): string => {
    if (json) return toPlain(line);
    return isTerminal ? toPlainButColours(pretty(line)) : toPlain(pretty(line));
  };
  return pino({ level, base: null }, { write: (line) => sink.write(toText(line)) });
};
