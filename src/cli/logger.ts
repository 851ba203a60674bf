import { pino } from 'pino';
import pretty from 'pino-pretty';
import type { EmulatorLogger } from '../emulator/options.ts';

const stderr = 2;

/**
 * Logs to stderr, so that stdout keeps what `start` prints: JSON lines for programs, short lines for people. A line is
 * written before the call returns, so that no end of the process loses it.
 */
export const createLogger = (level: string, json: boolean): EmulatorLogger => {
  const lines = json
    ? pino.destination({ dest: stderr, sync: true })
    : pretty({ destination: stderr, sync: true, singleLine: true, colorize: process.stderr.isTTY });
  return pino({ level, base: null }, lines);
};
