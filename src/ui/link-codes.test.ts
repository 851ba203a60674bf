import { describe, expect, it } from 'vitest';
import { codeLifeMs, LinkCodes, mostCodes } from './link-codes.ts';

describe('codes of links', () => {
  it('are of use once', () => {
    const codes = new LinkCodes();
    const code = codes.issue();
    expect([codes.take(code), codes.take(code)]).toEqual([true, false]);
  });

  it('are of use for ten minutes', () => {
    let now = 0;
    const codes = new LinkCodes(() => now);
    const [inTime, tooLate] = [codes.issue(), codes.issue()];
    now = codeLifeMs - 1;
    expect(codes.take(inTime)).toBe(true);
    now = codeLifeMs;
    expect(codes.take(tooLate)).toBe(false);
  });

  it('are bounded in their number, and the oldest go', () => {
    const codes = new LinkCodes();
    const issued = Array.from({ length: mostCodes + 1 }, () => codes.issue());
    expect(issued.map((code) => codes.take(code))).toEqual([false, ...Array(mostCodes).fill(true)]);
  });

  it('differ, and no other text is one', () => {
    const codes = new LinkCodes();
    expect(codes.issue()).not.toBe(codes.issue());
    expect(['', 'a'.repeat(32)].map((text) => codes.take(text))).toEqual([false, false]);
  });
});
