import type { Parsed } from '../reading/readers.ts';

/** PARITY: binary multiples (inferred): `256M` is 256 × 1024 × 1024, however the unit is spelled. */
const powers: Readonly<Record<string, number>> = { '': 0, K: 1, M: 2, G: 3, T: 4, P: 5 };

const size = /^(\d{1,16}(?:\.\d{1,3})?) ?([KMGTP]?)(?:I?B)?$/i;

/** Bytes of a size such as `256M`: digits, perhaps decimals, perhaps a unit K, M, G, T or P in either case, also as `MB` or `MiB`. */
export const parseSize = (text: string): Parsed<number> => {
  const [, digits = '', unit = ''] = size.exec(text) ?? [];
  const bytes = Math.ceil(Number(digits) * 1024 ** (powers[unit.toUpperCase()] ?? 0));
  return bytes > 0 && Number.isSafeInteger(bytes)
    ? { ok: true, value: bytes }
    : { ok: false, expected: 'a size above zero, in bytes or with a unit K, M, G, T or P, such as "256M"' };
};
