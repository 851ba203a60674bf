import { pino } from 'pino';
import pretty from 'pino-pretty';
import type { EmulatorLogger } from '../emulator/options.ts';
import { createReadableLogger } from './readable-logger.ts';
import { writeByTurns } from './write-by-turns.ts';

const stderr = 2;

/** Logs to stderr, so that stdout keeps what `start` prints: JSON lines for programs, short lines for people. */
export const createLogger = (level: string, json: boolean): EmulatorLogger => {
  const options = { level, base: null };
  if (!json && process.stderr.isTTY)
    return pino(options, pretty({ destination: stderr, sync: true, singleLine: true, colorize: true }));
  const lines = writeByTurns(pino.destination({ dest: stderr, sync: true }));
  return json ? pino(options, lines) : createReadableLogger(level, lines);
};
