import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

const stderr = 2;

/** Logs to stderr, so that stdout keeps what `start` prints: JSON lines for programs, short lines for people. */
export const createLogger = (level: string, json: boolean): Logger => {
  const options = { level, base: null };
  if (json) return pino(options, pino.destination({ dest: stderr, sync: true }));
  const lines = pretty({ destination: stderr, sync: true, singleLine: true, colorize: process.stderr.isTTY });
  return pino(options, lines);
};
