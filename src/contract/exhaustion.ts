import { fieldOf, textOf } from './json.ts';
import {
  active,
  type Claim,
  freshToken,
  giveBack,
  leftClaimed,
  moveUntil,
  outlastOwnLeases,
  sendRelease,
  sendSpawn,
  tryClaim,
} from './moves.ts';
import { expiryMs } from './run/holdings.ts';
import type { Scenario } from './scenario.ts';
import type { Answer } from './target/requests.ts';
import { beginClaim, type Pending } from './waiting-line.ts';

/** A function whose instances are all held by the case. */
export type Exhaustion = {
  readonly held: readonly Claim[];
  /** What the claim got that found none; null where it was not answered. */
  readonly refusal: Answer | null;
  /** It was not refused at once. */
  readonly hasWaited: boolean;
};

/** More instances than that are not taken, be it to find out how many there are. */
const mostInstances = 64;

/** An answer that takes longer than that has been waited for. */
const atOnceMs = 200;

/** Reserves all instances of the function, as many as an earlier case has counted; counts them where none has. */
export const holdAll = async (s: Scenario): Promise<readonly Claim[]> => {
  const capacity = s.run.capacities.get(s.container) ?? (await countInstances(s));
  await outlastOwnLeases(s, s.container);
  const held = await claimUpTo(s, capacity);
  s.require(held.length === capacity, {
    rule: 'What has been given back, or has run out, is available again.',
    expected: `${capacity} instances, as before`,
    came: String(held.length),
    evidence: 'documented',
  });
  return held;
};

/** To know that there is no further instance takes them all, runs among them; afterwards they are nobody's again. */
const countInstances = async (s: Scenario): Promise<number> => {
  const { held } = await exhaust(s);
  for (const one of held) {
    const { phase } = s.run.holdings.find(one.container, one.instance, one.token) ?? {};
    // A run may have ended by itself, and nothing is left to release then.
    if (phase === 'spawned') await sendRelease(s, one);
    else await giveBack(s, one);
  }
  return s.run.capacities.get(s.container) ?? held.length;
};

/** Reserves so many instances, or fewer where no more are free. */
export const claimUpTo = async (s: Scenario, count: number): Promise<readonly Claim[]> => {
  const held: Claim[] = [];
  while (held.length < count) {
    const claimed = await tryClaim(s);
    if (!('instance' in claimed)) break;
    held.push(claimed);
  }
  return held;
};

/**
 * Claims until no instance is free. Those held are spawned before the last claim's wait, since a line may be longer than
 * a lease. Skips where there are too many, or where the function ends by itself and frees what it held.
 */
export const exhaust = async (s: Scenario): Promise<Exhaustion> => {
  // Where waiting takes real time, what earlier cases have left is counted as it is: nobody is granted it meanwhile.
  if (s.run.clock.isMovable) await outlastOwnLeases(s, s.container);
  const now = s.run.clock.now();
  const left = leftClaimed(s, s.container)
    .filter(({ grantedAt }) => now - grantedAt < expiryMs)
    .map(({ instance }) => instance);
  const held: Claim[] = [];
  while (held.length < mostInstances) {
    const token = freshToken(s);
    const pending = beginClaim(s, token);
    if (!(await s.until(pending.isAnswered))) await outwait(s, held, pending);
    const reply = await pending.reply;
    const hasWaited = reply.durationMs > atOnceMs;
    const instance = reply.failure === undefined ? textOf(fieldOf(reply.data, 'instance_id')) : null;
    if (reply.failure !== undefined || reply.status !== 200 || instance === null) {
      s.run.capacities.set(s.container, new Set([...left, ...held.map((one) => one.instance)]).size);
      return { held, refusal: reply.failure === undefined ? reply : null, hasWaited };
    }
    if (held.some((one) => one.instance === instance)) await judgeRepeated(s, instance);
    held.push({ container: s.container, instance, token, answer: reply });
  }
  return s.skip(`the function has more than ${mostInstances} instances`);
};

/** Holds on to what is held for as long as the pending claim waits. */
const outwait = async (s: Scenario, held: readonly Claim[], pending: Pending): Promise<void> => {
  const claimed = held.filter(
    ({ container, instance, token }) => s.run.holdings.find(container, instance, token)?.phase === 'claimed',
  );
  await Promise.all(claimed.map((one) => sendSpawn(s, one)));
  if (s.run.clock.isMovable) await moveUntil(s, pending.reply);
};

/** An instance came a second time: either its run has ended by itself, or it was never really reserved. */
const judgeRepeated = async (s: Scenario, instance: string): Promise<void> => {
  const isRunning = instance in (await active(s));
  s.require(!isRunning && s.checks.every(({ met }) => met), {
    rule: 'An instance that is reserved or at work is granted to nobody else.',
    expected: 'an instance that is free',
    came: `${instance}, which this case holds`,
    evidence: 'documented',
  });
  s.skip('the function ends by itself, so that its instances cannot be held');
};
