import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { systemClock } from '../shared/clock.ts';

/** How long a code is of use, in real time; and how many codes there may be, past which the oldest is of no use any more. */
export const codeLifeMs = 10 * 60_000;
export const mostCodes = 16;

const digestOf = (code: string): Buffer => hash('sha256', code, 'buffer');

/**
 * Codes that stand for an access key in links to the page, each for one use: a link is printed, copied and kept by
 * browsers, and a key should not be.
 */
export class LinkCodes {
  #issued: { readonly digest: Buffer; readonly until: number }[] = [];
  readonly #now: () => number;

  constructor(now: () => number = systemClock.now) {
    this.#now = now;
  }

  issue(): string {
    const code = randomBytes(24).toString('base64url');
    this.#issued = [...this.#issued, { digest: digestOf(code), until: this.#now() + codeLifeMs }].slice(-mostCodes);
    return code;
  }

  /** Whether it was issued, in time and not used before; it is of no use from now on. */
  take(code: string): boolean {
    const digest = digestOf(code);
    const now = this.#now();
    // Compares with all of them, so that the time it takes shows nothing.
    const found = this.#issued.filter((issued) => timingSafeEqual(issued.digest, digest));
    this.#issued = this.#issued.filter((issued) => !found.includes(issued) && issued.until > now);
    return found.some(({ until }) => until > now);
  }
}
