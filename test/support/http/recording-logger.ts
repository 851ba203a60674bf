import { pino } from 'pino';
import type { Logger } from '../../../src/shared/logger.ts';

/** A real pino logger, whose lines a test reads. */
export const createRecordingLogger = (): { logger: Logger; lines: Record<string, unknown>[]; text: () => string } => {
  const raw: string[] = [];
  const lines: Record<string, unknown>[] = [];
  const logger = pino(
    {},
    {
      write: (line: string) => {
        raw.push(line);
        lines.push(JSON.parse(line));
      },
    },
  );
  return { logger, lines, text: () => raw.join('') };
};
