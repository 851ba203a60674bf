import fc from 'fast-check';
import { pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { expect, test } from 'vitest';
import { toReadableLine } from './log-lines.ts';

const pretty = prettyFactory({ singleLine: true, colorize: false });

/** What pino writes of one call. */
const lineOf = (level: 'debug' | 'info' | 'warn' | 'error' | 'fatal', fields: object, message: string): string => {
  let line = '';
  const logger = pino({ level: 'debug', base: null }, { write: (text: string) => (line = text) });
  logger[level](fields, message);
  return line;
};

test('an ordinary line is readable at a glance', () => {
  const line = lineOf('info', { method: 'POST', operation: 'claimInstance', code: null, durationMs: 0.3 }, 'request');
  expect(toReadableLine(line)).toMatch(
    /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: request \{"method":"POST","operation":"claimInstance","code":null,"durationMs":0\.3\}\n$/,
  );
});

test('any line is as pino-pretty shows it', () => {
  const level = fc.constantFrom('debug', 'info', 'warn', 'error', 'fatal');
  const key = fc.oneof(fc.string(), fc.constantFrom('name', 'err', 'error', 'msg', 'hostname', 'pid', 'caller'));
  const value = fc.oneof(fc.jsonValue(), fc.constant(new Error('boom')));
  const message = fc.oneof(fc.string(), fc.constantFrom('request', 'a "quoted" one', 'of two\nlines', ''));
  fc.assert(
    fc.property(level, fc.dictionary(key, value), message, (...call) => {
      const line = lineOf(...call);
      expect(toReadableLine(line)).toBe(pretty(line));
    }),
    { numRuns: 2_000, seed: 20_250_601 },
  );
});
