import { pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { EmulatorLogger } from '../emulator/public-types.ts';
import { toPlain, toPlainButColours } from './output.ts';

type Destination = { readonly sink: { write(text: string): unknown }; readonly isTerminal: boolean };

const stderr = (): Destination => ({
  sink: pino.destination({ dest: 2, sync: true }),
  isTerminal: process.stderr.isTTY === true,
});

/**
 * Logs to stderr, so that stdout keeps what `start` prints: JSON lines for programs, short lines for people. No line has
 * control characters but its own colours. It is written before the call returns, so that no end of the process loses it.
 */
export const createLogger = (level: string, json: boolean, { sink, isTerminal } = stderr()): EmulatorLogger => {
  const pretty = prettyFactory({ singleLine: true, colorize: isTerminal });
  const toText = (line: string): string => {
    if (json) return toPlain(line);
    return isTerminal ? toPlainButColours(pretty(line)) : toPlain(pretty(line));
  };
  return pino({ level, base: null }, { write: (line) => sink.write(toText(line)) });
};
