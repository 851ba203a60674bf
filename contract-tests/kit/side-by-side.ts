import { type Claim, freshToken, tryClaim } from './actions.ts';
import type { Scenario } from './scenario.ts';
import { beginClaim, claimUpTo, grantedTo, holdAfresh, leaveLine } from './waiting.ts';

// For cases that wait at the same time as others: each keeps to its share of the instances.

/** More are not claimed for the sake of one among them, where it is not known how many there are. */
const mostUncounted = 16;

/** Claims one after the other until a certain one comes, as many as the case may hold; the last is the newest. */
export const claimUntil = async (s: Scenario, isIt: (claimed: Claim) => boolean): Promise<readonly Claim[]> => {
  const most = Math.min(s.run.share, s.run.capacities.get(s.container) ?? mostUncounted);
  const held: Claim[] = [];
  while (held.length < most) {
    const next = await tryClaim(s);
    if (!('instance' in next)) break;
    held.push(next);
    if (isIt(next)) break;
  }
  return held;
};

/** Reserves all that the case may hold, each under a claim that has just begun, and returns once no instance is free. */
export const claimFreshShare = async (s: Scenario): Promise<readonly Claim[]> => {
  if (!isAlone(s)) {
    const held = await claimUpTo(s, s.run.share);
    await s.until(() => isAllHeld(s));
    return held;
  }
  return await holdAfresh(s);
};

/** What is counted of a function that other cases wait at. */
const mostFree = 4;
const promptlyMs = 500;

/** Reserves instances of a function for as long as they are granted promptly, four at most, and notes how many. */
export const claimFree = async (s: Scenario, container: string): Promise<readonly Claim[]> => {
  const held: Claim[] = [];
  while (held.length < mostFree) {
    const token = freshToken(s);
    const pending = beginClaim(s, token, container);
    await s.until(pending.isAnswered, promptlyMs);
    await leaveLine(s, [pending]);
    const [answer, instance] = [await pending.reply, await grantedTo(pending)];
    if (instance === null || answer.failure !== undefined) break;
    held.push({ container, instance, token, answer });
  }
  s.run.free.set(container, held.length);
  return held;
};

export const isAlone = (s: Scenario): boolean => !Number.isFinite(s.run.share);

const isAllHeld = ({ run, container }: Scenario): boolean =>
  run.holdings.all.filter((held) => held.container === container).length >= (run.capacities.get(container) ?? 0);
