import { pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { EmulatorLogger } from '../emulator/options.ts';
import type { Sink } from './write-by-turns.ts';

const pretty = prettyFactory({ singleLine: true, colorize: false });

/** Fields that pino or pino-pretty treats in a way of its own. */
const special = new Set(['err', 'error', 'level', 'time', 'msg', 'name', 'pid', 'hostname', 'caller', '__proto__']);

/**
 * A logger for people: every line is as pino-pretty shows pino's. The ordinary one is written without them, because each
 * request writes one, and making JSON, reading it and writing it anew would take as long as all rules of the scheduler.
 */
export const createReadableLogger = (level: string, sink: Sink): Required<EmulatorLogger> => {
  const viaPino = pino({ level, base: null }, { write: (line) => sink.write(pretty(line)) });
  const createMethod = (name: 'debug' | 'info' | 'warn' | 'error') => {
    if (!viaPino.isLevelEnabled(name)) return () => {};
    const label = name.toUpperCase();
    return (fields: object, message: string): void => {
      const text = toOrdinaryText(fields);
      if (text === null || !ordinaryMessage.test(message)) viaPino[name](fields, message);
      else sink.write(`[${toTimeOfDay(new Date())}] ${label}: ${message} ${text}\n`);
    };
  };
  return {
    debug: createMethod('debug'),
    info: createMethod('info'),
    warn: createMethod('warn'),
    error: createMethod('error'),
  };
};

const ordinaryMessage = /^[^"\\\p{Cc}]+$/u;

/** The fields in JSON; null where they hold more than plain values, or something that would be escaped. */
const toOrdinaryText = (fields: object): string | null => {
  if (fields instanceof Error) return null;
  for (const [key, value] of Object.entries(fields)) if (special.has(key) || !isPlain(value)) return null;
  const text = JSON.stringify(fields);
  return text === '{}' || text.includes('\\') ? null : text;
};

const isPlain = (value: unknown): boolean =>
  value === null || ['string', 'number', 'boolean', 'undefined'].includes(typeof value);

const toTimeOfDay = (date: Date): string =>
  `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;

const pad = (number: number, digits = 2): string => String(number).padStart(digits, '0');
