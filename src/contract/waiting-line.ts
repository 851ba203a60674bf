import { freshToken } from './moves.ts';
import type { Scenario } from './scenario.ts';
import type { Answer, NoAnswer } from './target/requests.ts';

/** A request under way: whether it is answered can be asked without waiting for it. */
export type Pending = { readonly reply: Promise<Answer | NoAnswer>; isAnswered(): boolean; hangUp(): void };

/** Sends a claim without waiting for its answer. */
export const beginClaim = (s: Scenario, token = freshToken(s)): Pending => {
  const caller = new AbortController();
  const reply = s.trySend({ operation: 'claimInstance', body: { token }, signal: caller.signal });
  let isAnswered = false;
  const note = (): void => {
    isAnswered = true;
  };
  reply.then(note, note);
  return { reply, isAnswered: () => isAnswered, hangUp: () => caller.abort() };
};

/** There is no telling from outside that a claim has reached the line, or that its caller's leaving has: only time. */
const arrivalMs = 120;

export const arrive = async (s: Scenario): Promise<void> => await s.run.clock.pause(arrivalMs, s.run.signal);

/** A claim that is in line; skips where the target refuses it at once. */
export const joinLine = async (s: Scenario): Promise<Pending> => {
  const waiting = beginClaim(s);
  await arrive(s);
  if (waiting.isAnswered()) s.skip('claims do not wait here');
  return waiting;
};

/**
 * Hangs up on the claims that still wait, and gives the target time to notice: whom it takes to be in line would be
 * granted what is given back next.
 */
export const leaveLine = async (s: Scenario, claims: readonly Pending[]): Promise<void> => {
  const waiting = claims.filter((pending) => !pending.isAnswered());
  for (const pending of waiting) pending.hangUp();
  await Promise.all(claims.map(({ reply }) => reply));
  if (waiting.length > 0) await arrive(s);
};
