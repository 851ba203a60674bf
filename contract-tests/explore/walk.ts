import fc from 'fast-check';
import { leaseMs } from '../kit/limits.ts';
import { rules } from '../kit/rules.ts';
import { CaseSkipped } from '../model/result.ts';
import { fill } from './claim-moves.ts';
import { claim, judgeLine, leaveLine } from './claims.ts';
import { judgeActive } from './lists.ts';
import { leaveRequests } from './requests.ts';
import { release, spawn } from './runs.ts';
import { Contradiction, type Trace, Walker, type WalkerOptions } from './walker.ts';

/** A history that has shown a contradiction. */
export type Sighting = {
  readonly contradiction: Contradiction;
  /** Its moves, in their order. */
  readonly moves: readonly string[];
  readonly trace: Trace;
  /** It began with nothing held, and has moves of its own: nothing that went before it was needed. */
  readonly isByItself: boolean;
};

/** Stand behind the moves of a history: what is done after each. */
const closing = {
  giveBack: 'all that is held is given back',
  audit: 'all instances are claimed and given back',
} as const;
const isOwn = (move: string): boolean => !Object.values<string>(closing).includes(move);

export type Walk = {
  /** How many requests were sent. */
  readonly requests: number;
  readonly moves: readonly string[];
  readonly sighting: Sighting | null;
  /** A bound was reached before its end. */
  readonly isCut: boolean;
};

type History = Iterable<fc.AsyncCommand<Walker, Walker, false>>;

/** Walks one history from its first move until all is given back. Rejects only where the run is to end. */
export const walk = async (options: WalkerOptions, history: History): Promise<Walk> => {
  const w = new Walker(options);
  const holdsNothing = w.held.length === 0;
  try {
    await fc.asyncModelRun(() => ({ model: w, real: w }), history);
    w.moves.push(closing.giveBack);
    await giveBack(w);
    w.moves.push(closing.audit);
    await audit(w);
    return { requests: w.trace.steps.length, moves: w.moves, sighting: null, isCut: false };
  } catch (error) {
    const { trace, moves } = w;
    const requests = trace.steps.length;
    if (error instanceof CaseSkipped) return { requests, moves, sighting: null, isCut: true };
    if (!(error instanceof Contradiction)) throw error;
    const isByItself = holdsNothing && moves.some(isOwn);
    return { requests, moves, sighting: { contradiction: error, moves, trace, isByItself }, isCut: false };
  } finally {
    await finish(w);
  }
};

const meetings = 3;

/**
 * Whether a claim is known on every connection. Where several schedulers stand behind one name, each knows its own; then
 * answers, as a sighting, where one was not known.
 */
export const meetSchedulers = async (options: WalkerOptions): Promise<Sighting | null> => {
  const w = new Walker(options);
  try {
    for (let other = 1; other <= meetings && w.may('lifecycle'); other += 1) {
      await claim(w, { container: w.containers[0] ?? '', connection: 0, token: w.freshToken() });
      for (const held of w.held) await spawn(w, { ...held, connection: other });
    }
    await giveBack(w);
    return null;
  } catch (error) {
    if (!(error instanceof Contradiction)) throw error;
    if (error.rule.rule !== rules.oneScheduler.rule) return null;
    const moves = ['claim over one connection', 'spawn over another'];
    return { contradiction: error, moves, trace: w.trace, isByItself: true };
  } finally {
    await finish(w);
  }
};

/** How many instances each function has: all that will be granted at once. */
export const countInstances = async (options: WalkerOptions): Promise<void> => {
  const w = new Walker(options);
  try {
    for (const container of w.containers) await fill(w, container, 0);
    await giveBack(w);
  } catch (error) {
    if (!(error instanceof Contradiction)) throw error;
  } finally {
    await finish(w);
  }
};

/** Gives back all that is held, and holds the target to taking it. */
const giveBack = async (w: Walker): Promise<void> => {
  await leaveRequests(w);
  await leaveLine(w);
  w.throwFailure();
  const held = [...w.held];
  for (const one of held) await release(w, one);
  if (w.may('lifecycle')) {
    for (const one of held.filter(({ ended, started }) => ended === null && started === null)) {
      // What takes back runs alone takes it so.
      await spawn(w, one);
      await release(w, one);
    }
  }
};

/** After all that was done, what was there is there: at once, and what leases may hold once they are over. */
const audit = async (w: Walker): Promise<void> => {
  if (!w.may('disruptive') || !w.isExclusive) return;
  await claimAll(w);
  if (!w.run.clock.isMovable) return;
  await w.pass(leaseMs + w.model.settleMs + 1);
  await claimAll(w);
};

const claimAll = async (w: Walker): Promise<void> => {
  for (const container of w.containers) {
    await judgeActive(w, container, 0);
    const most = w.model.mostHeld.get(container) ?? 0;
    for (let taken = w.model.mostTaken(container, w.instant, true); taken < most; taken += 1) {
      await claim(w, { container, connection: 0, token: w.freshToken() });
      w.throwFailure();
    }
  }
  await judgeLine(w);
  w.throwFailure();
  await giveBack(w);
};

/** Once more, and what comes of it does not count: what has gone wrong is known already. */
const finish = async (w: Walker): Promise<void> => {
  try {
    await giveBack(w);
  } catch (error) {
    if (!(error instanceof Contradiction || error instanceof CaseSkipped)) throw error;
  } finally {
    w.close();
    w.model.prune(w.now);
  }
};

/** Lets all leases run out that a target did not take back, where that takes no time. */
export const calmDown = async ({ run, model }: WalkerOptions): Promise<void> => {
  if (run.clock.isMovable) await run.clock.pass(leaseMs + model.settleMs + 1, run.signal);
};
