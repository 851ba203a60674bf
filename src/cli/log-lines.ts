import { prettyFactory } from 'pino-pretty';

/** What pino writes of a line with fields and a message in which nothing is escaped. */
const ordinary = /^\{"level":(\d0),"time":(\d{13}),([^\\]+),"msg":"([^"\\]+)"\}\n$/;

/** Fields that pino-pretty shows in another place, or on lines of their own. */
const special = /"(?:err|error|level|time|msg|name|pid|hostname|caller)":/;

const levels: Readonly<Record<string, string>> = { 20: 'DEBUG', 30: 'INFO', 40: 'WARN', 50: 'ERROR' };

const pretty = prettyFactory({ singleLine: true, colorize: false });

/**
 * A line of pino's as a person reads it: exactly as pino-pretty shows it, which reads the JSON and writes it anew. The
 * ordinary line is not worth that: every request writes one, and it would cost as much as all else that is done for it.
 */
export const toReadableLine = (line: string): string => {
  const [, level = '', time, fields = '', message] = ordinary.exec(line) ?? [];
  const name = levels[level];
  if (name === undefined || special.test(fields)) return pretty(line);
  return `[${toTimeOfDay(new Date(Number(time)))}] ${name}: ${message} {${fields}}\n`;
};

const toTimeOfDay = (date: Date): string =>
  `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;

const pad = (number: number, digits = 2): string => String(number).padStart(digits, '0');
