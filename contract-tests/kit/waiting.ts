import { CaseFailed } from '../model/result.ts';
import {
  type Claim,
  freshToken,
  giveBack,
  isFreeAgain,
  leftClaimed,
  moveUntil,
  noteHangUp,
  outlastOwnLeases,
  sendSpawn,
  tryClaim,
} from './actions.ts';
import { expiryMs, grantedOnce } from './claim-tracker.ts';
import { becomesListed } from './listing.ts';
import { type Answer, describe, instanceOf, type NoAnswer } from './requests.ts';
import type { Scenario } from './scenario.ts';
import { watch } from './watch.ts';

/** A request under way: whether it is answered can be asked without waiting for it. */
export type Pending = {
  readonly token: string;
  readonly reply: Promise<Answer | NoAnswer>;
  isAnswered(): boolean;
  hangUp(): void;
};

/** Sends a claim without waiting for its answer. */
export const beginClaim = (s: Scenario, token = freshToken(s), container = s.container): Pending => {
  const caller = new AbortController();
  const reply = s.trySend({ operation: 'claimInstance', container, body: { token }, signal: caller.signal });
  return { token, reply, isAnswered: watch(reply), hangUp: () => caller.abort() };
};

/** There is no telling from outside that a claim has reached the line, or that its caller's leaving has: only time. */
const arrivalMs = 120;

export const arrive = async (s: Scenario): Promise<void> => await s.run.clock.pause(arrivalMs, s.run.signal);

/** A claim that is in line; skips where the target refuses it at once. */
export const joinLine = async (s: Scenario, token = freshToken(s)): Promise<Pending> => {
  const isRefusedAtOnce = s.run.answers.get('exhausted-pool')?.behaviour === 'at-once';
  if (isRefusedAtOnce) s.skip('not judged: a claim that finds no instance does not wait here');
  const waiting = beginClaim(s, token);
  await arrive(s);
  if (!waiting.isAnswered()) return waiting;
  const reply = await waiting.reply;
  const came = reply.failure === undefined ? describe(reply) : reply.reason;
  return s.skip(`not judged: a claim that was to wait in line was answered at once, ${came}`);
};

/** What a claim in line was granted; null where it was refused, or has no answer. */
export const grantedTo = async (waiting: Pending): Promise<string | null> =>
  waiting.isAnswered() ? instanceOf(await waiting.reply) : null;

/**
 * What came to a claim in line for which something was to become free: the instance, or a phrase for its lack. A claim
 * that was refused before anything was free has only waited for as long as the function lets it, and is not judged.
 */
export const waitForGrant = async (
  s: Scenario,
  waiting: Pending,
): Promise<{ instance: string | null; came: string }> => {
  // At once, not at the next look: what follows a refusal shows whether anything was free by then.
  const isAnswered = await Promise.race([waiting.reply.then(() => true), s.until(waiting.isAnswered)]);
  if (!isAnswered) await leaveLine(s, [waiting]);
  const reply = await waiting.reply;
  if (!isAnswered || reply.failure !== undefined) return { instance: null, came: 'no answer' };
  const instance = await grantedTo(waiting);
  if (instance !== null) return { instance, came: instance };
  const next = await tryClaim(s);
  const isFree = 'instance' in next && next.answer.durationMs <= atOnceMs;
  if (!isFree) s.skip('not judged: the time in line was over before an instance was free');
  return { instance: null, came: `${describe(reply)}, while the next claim is granted` };
};

/** Between the joining of two claims whose times in line are compared. */
export const apartMs = 700;

/** A second claim that joins the line a while after the first; null where the first is answered by then. */
const follow = async (s: Scenario, first: Pending): Promise<Pending | null> =>
  (await s.until(first.isAnswered, apartMs)) ? null : beginClaim(s);

/** An answer that takes longer than that has been waited for. */
const atOnceMs = 200;

/**
 * Hangs up on the claims that still wait, and gives the target time to notice: whom it takes to be in line would be
 * granted what is given back next.
 */
export const leaveLine = async (s: Scenario, claims: readonly Pending[]): Promise<void> => {
  const waiting = claims.filter((pending) => !pending.isAnswered());
  if (waiting.length > 0) noteHangUp(s);
  for (const pending of waiting) pending.hangUp();
  await Promise.all(claims.map(({ reply }) => reply));
  if (waiting.length > 0) await arrive(s);
};

/** A function whose instances are all held by the case. */
type Exhaustion = {
  readonly held: readonly Claim[];
  /** What the claim got that found none; null where it was not answered. */
  readonly refusal: Answer | null;
  /** It was not refused at once. */
  readonly hasWaited: boolean;
};

/** More instances than that are not taken, be it to find out how many there are. */
const mostInstances = 64;
const tooMany = `the function has more than ${mostInstances} instances`;

/** Reserves all instances of the function, as many as an earlier case has counted; counts them where none has. */
export const holdAll = async (s: Scenario): Promise<readonly Claim[]> => {
  const capacity = s.run.capacities.get(s.container) ?? (await countInstances(s));
  if (capacity > mostInstances) s.skip(tooMany);
  await outlastOwnLeases(s, s.container);
  // What is not free at once, such as what was kept for a caller that hung up, is so after ten seconds.
  const held = await claimInTheEnd(s, capacity, expiryMs);
  if (held.length < capacity && !s.run.isExclusive) s.skip('others may hold instances of the function');
  // The cases that follow are judged by what is left: one cause gives one finding.
  s.run.capacities.set(s.container, held.length);
  s.require(held.length === capacity, {
    rule: isFreeAgain,
    expected: `${capacity} instances, as before`,
    came: String(held.length),
    evidence: 'documented',
    source: 'functions',
  });
  if (held.length === 0) s.skip('not judged: the function has no instance that can be claimed');
  return held;
};

/** Claims every instance, to know that there is no further one; afterwards all are free again, runs included. */
const countInstances = async (s: Scenario): Promise<number> => {
  const { held } = await exhaust(s);
  for (const one of held) await giveBack(s, one);
  return s.run.capacities.get(s.container) ?? held.length;
};

/** Reserves so many instances, or fewer where no more come free in the time that ends may lag. */
export const claimUpTo = async (s: Scenario, count: number): Promise<readonly Claim[]> => {
  const held: Claim[] = [];
  const add = async (): Promise<boolean> => {
    const claimed = await tryClaim(s);
    if ('instance' in claimed) held.push(claimed);
    return 'instance' in claimed;
  };
  while (held.length < count && (await s.until(add)));
  return held;
};

/** Like claimUpTo; where some are missing, gives back the others and claims once more after `ms`. */
export const claimInTheEnd = async (s: Scenario, count: number, ms: number): Promise<readonly Claim[]> => {
  const held = await claimUpTo(s, count);
  if (held.length >= count) return held;
  for (const one of held) await giveBack(s, one);
  await s.pass(ms);
  return await claimUpTo(s, count);
};

/** How many instances the function has, all of which are free afterwards. */
export const countFree = async (s: Scenario): Promise<number> => {
  const held = await holdAll(s);
  for (const one of held) await giveBack(s, one);
  return held.length;
};

/** Gives back all that is held by a case, and holds as much again, each under a claim that has just begun. */
export const holdAfresh = async (s: Scenario): Promise<readonly Claim[]> => {
  const count = await countFree(s);
  const again = await claimUpTo(s, count);
  s.presume(again.length === count, {
    rule: 'An instance whose claim was given back is available again at once.',
    expected: `${count} instances`,
    came: String(again.length),
  });
  return again;
};

/**
 * Claims until no instance is free. Those held are spawned before the last claim's wait, since a line may be longer than
 * a lease. Skips where there are too many, or where the function ends by itself and frees what it held.
 */
export const exhaust = async (s: Scenario): Promise<Exhaustion> => {
  // Where waiting takes real time, what earlier cases have left is counted as it is: no claim is granted it meanwhile.
  if (s.run.clock.isMovable) await outlastOwnLeases(s, s.container);
  const now = s.run.clock.now();
  const left = leftClaimed(s, s.container)
    .filter(({ grantedAt }) => now - grantedAt < expiryMs)
    .map(({ instance }) => instance);
  const held: Claim[] = [];
  let refused: Refused | null = null;
  while (held.length < mostInstances) {
    const askedAt = s.run.clock.now();
    const { token, reply, instance } = await claimInLine(s, held);
    const answer = reply.failure === undefined ? reply : null;
    if (answer !== null && instance !== null) {
      if (held.some((one) => one.instance === instance)) await judgeRepeated(s, held, instance);
      held.push({ container: s.container, instance, token, answer });
      refused = null;
      continue;
    }
    refused = noteRefusal(refused, { refusal: answer, hasWaited: reply.durationMs > atOnceMs, since: askedAt });
    // What was given back a moment ago may come a while later: only who finds none all that time has them all.
    if (answer === null || answer.status < 400 || s.run.clock.now() - refused.since >= s.run.settleMs) {
      s.run.capacities.set(s.container, new Set([...left, ...held.map((one) => one.instance)]).size);
      return { held, ...refused };
    }
    await s.run.clock.pause(pauseMs, s.run.signal);
  }
  s.run.capacities.set(s.container, Number.POSITIVE_INFINITY);
  return s.skip(tooMany);
};

/** A claim that waits in line where none is free, and what it came to; a while after it a second one joins. */
const claimInLine = async (s: Scenario, held: Claim[]) => {
  const pending = beginClaim(s);
  const next = s.run.clock.isMovable || held.length === 0 ? null : await follow(s, pending);
  if (!(await s.until(pending.isAnswered))) await outwait(s, held, pending);
  const reply = await pending.reply;
  if (next !== null) await noteFollower(s, held, { durationMs: reply.durationMs, next });
  return { token: pending.token, reply, instance: await grantedTo(pending) };
};

/** How much longer than the first the second in line has waited; where something came free it holds that. */
const noteFollower = async (
  s: Scenario,
  held: Claim[],
  { durationMs, next }: { readonly durationMs: number; readonly next: Pending },
): Promise<void> => {
  const reply = await next.reply;
  const instance = await grantedTo(next);
  if (instance === null || reply.failure !== undefined) {
    s.run.apart.set(s.container, apartMs + reply.durationMs - durationMs);
  } else held.push({ container: s.container, instance, token: next.token, answer: reply });
};

type Refused = Omit<Exhaustion, 'held'> & { readonly since: number };

/** The first of several refusals. A machine under load is slow once, and a line each time. */
const noteRefusal = (first: Refused | null, { hasWaited, ...now }: Refused): Refused => ({
  ...(first ?? now),
  hasWaited: hasWaited && (first?.hasWaited ?? true),
});

const pauseMs = 100;

const phaseOf = (s: Scenario, { container, instance, token }: Claim) =>
  s.run.holdings.find(container, instance, token)?.phase;

/** Holds on to what is held for as long as the pending claim waits. What ends by itself is held better by its claim. */
const outwait = async (s: Scenario, held: readonly Claim[], pending: Pending): Promise<void> => {
  const claimed = s.run.endsByItself ? [] : held.filter((one) => phaseOf(s, one) === 'claimed');
  await Promise.all(claimed.map((one) => sendSpawn(s, one)));
  if (s.run.clock.isMovable) await moveUntil(s, pending.reply);
};

/** An instance came a second time: its run has ended by itself, its lease has run out, or it was never really reserved. */
const judgeRepeated = async (s: Scenario, held: readonly Claim[], instance: string): Promise<void> => {
  const first = held.find((one) => one.instance === instance);
  const isReserved = s.checks.some(({ met, rule }) => !met && rule === grantedOnce);
  const isRunning =
    first !== undefined && phaseOf(s, first) === 'spawned' && !isReserved && !(await becomesListed(s, first, false));
  // That it was reserved has been found when it came.
  if (isReserved) throw new CaseFailed(grantedOnce);
  s.require(!isRunning, {
    rule: 'Claim grants an instance at work to no other caller.',
    expected: 'an instance that is free',
    came: `${instance}, which this case holds`,
    evidence: 'documented',
    source: 'claim',
  });
  s.skip(
    'the function’s instances cannot be held: their runs end by themselves, or their leases while others are claimed',
  );
};
