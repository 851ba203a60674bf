import { pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { EmulatorLogger } from '../emulator/options.ts';
import { createReadableLogger } from './readable-logger.ts';
import { plainSink, toPlainButColours } from './to-plain.ts';
import { type Sink, writeByTurns } from './write-by-turns.ts';

type Destination = { readonly sink: Sink; readonly isTerminal: boolean };

const stderr = (): Destination => ({
  sink: pino.destination({ dest: 2, sync: true }),
  isTerminal: process.stderr.isTTY === true,
});

/**
 * Logs to stderr, so that stdout keeps what `start` prints: JSON lines for programs, short lines for people. No line has
 * control characters but its own colours.
 */
export const createLogger = (level: string, json: boolean, { sink, isTerminal } = stderr()): EmulatorLogger => {
  const options = { level, base: null };
  if (!json && isTerminal) {
    const pretty = prettyFactory({ singleLine: true, colorize: true });
    const lines = plainSink(sink, toPlainButColours);
    return pino(options, { write: (line) => lines.write(pretty(line)) });
  }
  const lines = writeByTurns(plainSink(sink));
  return json ? pino(options, lines) : createReadableLogger(level, lines);
};
