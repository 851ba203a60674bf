import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import { toReadableLine } from './log-lines.ts';
import { writeByTurns } from './write-by-turns.ts';

const stderr = 2;

/** Logs to stderr, so that stdout keeps what `start` prints: JSON lines for programs, short lines for people. */
export const createLogger = (level: string, json: boolean): Logger => {
  const options = { level, base: null };
  if (!json && process.stderr.isTTY)
    return pino(options, pretty({ destination: stderr, sync: true, singleLine: true, colorize: true }));
  const lines = writeByTurns(pino.destination({ dest: stderr, sync: true }));
  return pino(options, json ? lines : { write: (line) => lines.write(toReadableLine(line)) });
};
