import fc from 'fast-check';
import { pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createReadableLogger } from './readable-logger.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

type Level = 'debug' | 'info' | 'warn' | 'error';

const pretty = prettyFactory({ singleLine: true, colorize: false });

/** What pino-pretty shows of what pino writes of one call. */
const shownByPino = (least: string, level: Level, fields: object, message: string): string => {
  let line = '';
  const logger = pino({ level: least, base: null }, { write: (text: string) => (line = pretty(text)) });
  logger[level](fields, message);
  return line;
};

/** What our logger writes of one call. */
const written = (least: string, level: Level, fields: object, message: string): string => {
  let line = '';
  createReadableLogger(least, { write: (text) => (line = text) })[level](fields, message);
  return line;
};

test('an ordinary line is readable at a glance', () => {
  const fields = { method: 'POST', operation: 'claimInstance', code: null, durationMs: 0.3 };
  expect(written('info', 'info', fields, 'request')).toMatch(
    /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: request \{"method":"POST","operation":"claimInstance","code":null,"durationMs":0\.3\}\n$/,
  );
});

const circular: Record<string, unknown> = {};
circular['itself'] = circular;

test('any line is as pino-pretty shows it', () => {
  const level = fc.constantFrom<Level>('debug', 'info', 'warn', 'error');
  const least = fc.constantFrom('debug', 'info', 'warn', 'silent');
  const name = fc.constantFrom('name', 'err', 'error', 'msg', 'hostname', 'pid', 'caller', 'time', '__proto__');
  const key = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), name);
  const odd = fc.constantFrom(
    new Error('boom'),
    undefined,
    Number.NaN,
    7n,
    circular,
    () => 1,
    Symbol('s'),
    new Date(0),
  );
  const value = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }), odd);
  const fields = fc.oneof(fc.dictionary(key, value), fc.constant(new Error('boom')));
  const message = fc.oneof(fc.string(), fc.constantFrom('request', 'a "quoted" one', 'of two\nlines', '100 %s', ''));
  fc.assert(
    fc.property(least, level, fields, message, (...call) => {
      expect(written(...call)).toBe(shownByPino(...call));
    }),
    { numRuns: 5_000, seed: 20_250_601 },
  );
});
