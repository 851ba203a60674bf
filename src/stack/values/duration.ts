import type { Parsed } from '../reading/readers.ts';

/** Nanoseconds. Units and names are documented; a day of 24 hours and a year of 365 days are inferred. PARITY: `y`. */
const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  // The Greek letter, which looks the same as the micro sign above.
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
  w: 604_800_000_000_000n,
  y: 31_536_000_000_000_000n,
};

const part = /(\d+)(?:\.(\d+))?(ns|us|µs|μs|ms|s|m|h|d|w|y)/y;

/** The most that nanoseconds in 64 bits hold, about 292 years; larger ones would overflow on the platform (inferred). */
const longestNs = 2n ** 63n - 1n;
const longestText = 100;
const nsPerMs = 1_000_000n;

const expected = 'a duration of digits with units ns, us, ms, s, m, h, d, w or y, such as "30s" or "1h30m"';

/**
 * Milliseconds of a duration such as `72h45m2s`: parts in any order, decimals allowed (`1.5h`), `0` without a unit.
 * Rounded up to a whole millisecond, so that the shortest limit is still one; what is below a nanosecond is dropped.
 */
export const parseDuration = (text: string): Parsed<number> => {
  if (text.length > longestText) return { ok: false, expected };
  if (text === '0') return { ok: true, value: 0 };
  const ns = sumOfParts(text);
  if (ns === null) return { ok: false, expected };
  if (ns > longestNs) return { ok: false, expected: 'a duration of at most 292 years' };
  return { ok: true, value: Number((ns + nsPerMs - 1n) / nsPerMs) };
};

const sumOfParts = (text: string): bigint | null => {
  let ns = 0n;
  let end = 0;
  while (end < text.length || end === 0) {
    part.lastIndex = end;
    const match = part.exec(text);
    if (match === null) return null;
    const [all, whole = '', decimals = '', unit = ''] = match;
    const unitNs = units[unit] ?? 0n;
    ns += BigInt(whole) * unitNs + (BigInt(`0${decimals}`) * unitNs) / 10n ** BigInt(decimals.length);
    end += all.length;
  }
  return ns;
};
