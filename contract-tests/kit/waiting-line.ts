import { freshToken, noteHangUp, tryClaim } from './actions.ts';
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
export const follow = async (s: Scenario, first: Pending): Promise<Pending | null> =>
  (await s.until(first.isAnswered, apartMs)) ? null : beginClaim(s);

/** An answer that takes longer than that has been waited for. */
export const atOnceMs = 200;

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
