import { leaseMs } from '../kit/limits.ts';

/** From the sending of a request to its answer: somewhere between the two the target acted. On the suite's clock. */
export type Span = { readonly from: number; readonly by: number };

/**
 * A claim that was granted, and when what can have happened to it. What is under way, or stayed without an answer, may
 * have happened at any time since it was sent.
 */
export type Grant = {
  readonly container: string;
  readonly instance: string;
  readonly token: string;
  /** The connection it was made on. */
  readonly connection: number;
  granted: Span;
  /** When spawns were sent that may have started it, by request. */
  readonly starters: Map<symbol, number>;
  /** When what may have ended it was sent, by request. */
  readonly enders: Map<symbol, number>;
  /** Its first spawn that was answered with 200; null before. */
  started: Span | null;
  /** Its end by release, or by another's grant; null before. */
  ended: Span | null;
  /** It was released before its spawn, which nothing documents to end it. */
  givenBack: boolean;
  /** It is a request's over HTTP: no caller of the API has its token. */
  isRequests?: true;
  /** A list that was given time did not show its run any more, so that it is over. */
  isMissed: boolean;
};

/** A claim whose caller hung up or got no answer: it may hold an instance until then. */
export type Phantom = {
  readonly container: string;
  readonly since: number;
  until: number;
  leftTheLine: boolean;
  /** It may have been started as well. */
  readonly mayRun?: true;
};

/** A lease may look that much shorter from here: timers and clocks of two processes. */
const toleranceMs = 50;

/** How many claims that are over are remembered: their tokens are tried again. */
const mostRemembered = 24;

const never = Number.POSITIVE_INFINITY;
const earliest = (times: Iterable<number>): number => Math.min(never, ...times);

/**
 * All states the target can be in after what it has answered. Says of a claim that it held or was over for certain;
 * between the two the target may answer as it likes.
 */
export class Model {
  readonly settleMs: number;
  readonly endsByItself: boolean;
  grants: Grant[] = [];
  /** How many instances of a function were held at the same moment for certain. */
  readonly mostHeld = new Map<string, number>();
  /** The function of each instance seen, and the instance of each address. */
  readonly homes = new Map<string, string>();
  readonly addresses = new Map<string, string>();
  /** How old a run of the function has been seen at least. */
  readonly survivedMs = new Map<string, number>();
  /** How long a claim takes that is granted. */
  usualMs = 0;
  #phantoms: Phantom[] = [];

  constructor(options: { readonly settleMs: number; readonly endsByItself: boolean }) {
    this.settleMs = options.settleMs;
    this.endsByItself = options.endsByItself;
  }

  /** Nothing can have ended it before. */
  endsFrom(grant: Grant): number {
    const { started, ended, enders, granted } = grant;
    const byItself = this.endsByItself && started !== null ? started.from : never;
    const lapses = started === null ? granted.from + leaseMs - toleranceMs : never;
    return Math.min(ended?.from ?? never, earliest(enders.values()), byItself, lapses);
  }

  /** It is over for certain from then on. `inferred` takes a release before the spawn for an end. */
  endsBy(grant: Grant, inferred = false): number {
    const { ended, started, starters, givenBack, granted } = grant;
    const byRelease = ended === null || (givenBack && !inferred) ? never : ended.by;
    const mayRun = started !== null || starters.size > 0;
    return Math.min(byRelease, mayRun ? never : granted.by + leaseMs + this.settleMs);
  }

  isHeld(grant: Grant, { from, by }: Span): boolean {
    return grant.granted.by <= from && by < this.endsFrom(grant);
  }

  mayBeHeld(grant: Grant, { from, by }: Span, inferred = false): boolean {
    return grant.granted.from <= by && from <= this.endsBy(grant, inferred);
  }

  /** Whichever of the two was granted first, it was not over when the other was. */
  excludes(grant: Grant, another: Span): boolean {
    return another.by < this.endsFrom(grant) && grant.granted.by < another.from + leaseMs - toleranceMs;
  }

  /** It ran for certain during all of the span. */
  isRunning(grant: Grant, span: Span): boolean {
    return grant.started !== null && grant.started.by <= span.from && this.isHeld(grant, span);
  }

  /** It was claimed and not spawned for certain during all of the span. */
  isWaiting(grant: Grant, span: Span): boolean {
    return grant.started === null && grant.starters.size === 0 && this.isHeld(grant, span);
  }

  /** What a list may still show: lists lag. */
  mayBeListed(grant: Grant, { from, by }: Span): boolean {
    const startedFrom = Math.min(grant.started?.from ?? never, earliest(grant.starters.values()));
    return startedFrom <= by && from <= this.endsBy(grant) + this.settleMs;
  }

  of(container: string, instance: string): readonly Grant[] {
    return this.grants.filter((one) => one.container === container && one.instance === instance);
  }

  /** Notes a grant. Where its instance was another's before, it began when that was over, and that was over by now. */
  grant(key: Pick<Grant, 'container' | 'instance' | 'token' | 'connection'>, { from, by }: Span): Grant {
    const earlier = this.of(key.container, key.instance).filter((one) => this.mayBeHeld(one, { from, by }));
    const same = earlier.find(({ token }) => token === key.token);
    let begunFrom = from;
    for (const one of earlier.filter((other) => other !== same)) {
      const endedFrom = Math.min(by, this.endsFrom(one));
      begunFrom = Math.max(begunFrom, endedFrom);
      one.ended = { from: endedFrom, by: Math.min(by, one.ended?.by ?? by) };
      one.givenBack = false;
    }
    const granted = same === undefined ? begin(key, { from: begunFrom, by }) : claimedAgain(same, by);
    if (same === undefined) this.grants.push(granted);
    this.homes.set(key.instance, key.container);
    const held = this.grants.filter((one) => one.container === key.container && this.isHeld(one, { from: by, by }));
    const count = new Set(held.map(({ instance }) => instance)).size;
    this.mostHeld.set(key.container, Math.max(count, this.mostHeld.get(key.container) ?? 0));
    return granted;
  }

  /** A claim of which nothing is known but that it may hold an instance for the length of a lease. */
  lose(container: string, { from, by }: Span): void {
    this.#phantoms.push({ container, since: from, until: by + leaseMs + this.settleMs, leftTheLine: false });
  }

  /** A request over HTTP that may hold an instance until it is settled. */
  expect(container: string, since: number): Phantom {
    const phantom: Phantom = { container, since, until: never, leftTheLine: false, mayRun: true };
    this.#phantoms.push(phantom);
    return phantom;
  }

  /** Whether requests over HTTP may run instances that none of their answers has shown. */
  expects(container: string, span: Span): boolean {
    return this.#phantoms.some(
      (one) => one.mayRun === true && one.container === container && span.from <= one.until + this.settleMs,
    );
  }

  /** It holds none from then on, or another entry stands for it. */
  settle(phantom: Phantom, until: number): void {
    phantom.until = until;
    if (until <= phantom.since) this.#phantoms = this.#phantoms.filter((one) => one !== phantom);
  }

  /** Callers who hung up have had time to leave the line. Where all was taken meanwhile, they were granted nothing. */
  noteDeparture(now: number): void {
    for (const one of this.#phantoms) {
      // Of those that are settled: a request over HTTP is not in line with them.
      if (one.until < never) one.leftTheLine ||= this.#isFull(one.container, { from: one.since, by: now });
    }
  }

  #isFull(container: string, span: Span): boolean {
    const held = this.grants.filter((one) => one.container === container && this.isHeld(one, span));
    return held.length > 0 && held.length >= (this.mostHeld.get(container) ?? 0);
  }

  /** A claim that had not to wait took so long. */
  noteDuration(ms: number): void {
    this.usualMs = this.usualMs === 0 ? ms : 0.8 * this.usualMs + 0.2 * ms;
  }

  /** The most instances of the function that our claims can have held within the span. */
  mostTaken(container: string, span: Span, inferred = false): number {
    const taken = this.grants.filter((one) => one.container === container && this.mayBeHeld(one, span, inferred));
    const lost = this.#phantoms.filter(
      (one) => one.container === container && span.from <= one.until && !(inferred && one.leftTheLine),
    );
    return new Set(taken.map(({ instance }) => instance)).size + lost.length;
  }

  /** Forgets what is over for long. */
  prune(now: number): void {
    const isOver = (one: Grant): boolean => this.endsBy(one) + this.settleMs < now;
    const over = this.grants.filter(isOver).slice(-mostRemembered);
    this.grants = this.grants.filter((one) => !isOver(one) || over.includes(one));
    this.#phantoms = this.#phantoms.filter(({ until }) => until >= now);
  }
}

const begin = (key: Pick<Grant, 'container' | 'instance' | 'token' | 'connection'>, granted: Span): Grant => ({
  ...key,
  granted,
  starters: new Map(),
  enders: new Map(),
  started: null,
  ended: null,
  givenBack: false,
  isMissed: false,
});

/** The same instance under the same token: either the same claim, or a new one. What is true of both stays certain. */
const claimedAgain = (same: Grant, by: number): Grant => {
  same.granted = { from: same.granted.from, by };
  same.ended = null;
  same.givenBack = false;
  if (same.started !== null) same.enders.set(Symbol('claimed again'), same.started.from);
  return same;
};
