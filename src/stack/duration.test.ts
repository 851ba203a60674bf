import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration } from './values.ts';

describe('parseDuration', () => {
  it.each([
    ['0', 0],
    ['0s', 0],
    ['3s', 3_000],
    ['5m2s', 302_000],
    ['72h45m2s', 261_902_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['1d', 86_400_000],
    ['1w', 604_800_000],
    ['1y', 31_536_000_000],
    ['2s1m', 62_000],
    ['1m1m', 120_000],
    ['1500us', 2],
    ['1000µs', 1],
    ['1000μs', 1],
    ['0.0000001ms', 0],
  ])('reads %s as %i ms', (text, value) => {
    expect(parseDuration(text)).toEqual({ ok: true, value });
  });

  it('rounds up, so that the shortest limit is still one', () => {
    expect(parseDuration('1ns')).toEqual({ ok: true, value: 1 });
  });

  it.each([
    '',
    ' ',
    '10',
    '-1s',
    '+1s',
    '1',
    's',
    '1 s',
    '1s ',
    '1S',
    '.5s',
    '5.s',
    '1.5',
    '5 minutes',
    '1e3s',
    '1h-1m',
    '१s',
  ])('refuses %j', (text) => {
    expect(parseDuration(text)).toMatchObject({ ok: false });
  });

  it('refuses what overflows on the platform, however long', () => {
    expect(parseDuration('292y')).toMatchObject({ ok: true });
    expect(parseDuration('293y')).toEqual({ ok: false, expected: 'a duration of at most 292 years' });
    expect(parseDuration(`${'9'.repeat(90)}y`)).toMatchObject({ ok: false });
    expect(parseDuration('1s'.repeat(1_000_000))).toMatchObject({ ok: false });
  });

  it('adds up whole parts exactly', () => {
    const upTo = (max: number) => fc.nat({ max });
    fc.assert(
      fc.property(upTo(250), upTo(400), upTo(100), upTo(100), upTo(5000), (years, days, hours, minutes, ms) => {
        const value = ((years * 365 + days) * 24 + hours) * 3_600_000 + minutes * 60_000 + ms;
        expect(parseDuration(`${years}y${days}d${hours}h${minutes}m${ms}ms`)).toEqual({ ok: true, value });
      }),
    );
  });

  it('answers a whole number of milliseconds or a refusal for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9.]{0,9}(ns|us|ms|s|m|h|d|w|y)?$/)), (text) => {
        const parsed = parseDuration(text);
        if (parsed.ok) expect(Number.isSafeInteger(parsed.value) && parsed.value >= 0).toBe(true);
      }),
    );
  });
});
