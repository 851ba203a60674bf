import { randomBytes } from 'node:crypto';
import { withHyphens } from '../inspect/inspect-response.ts';
import { isRecord, type JsonRecord } from '../model/json.ts';
import { type Operation, Postponed } from '../model/result.ts';
import { expiryMs, type Holding } from './claim-tracker.ts';
import { type Answer, type CaseRequest, describe, instanceOf, type NoAnswer } from './requests.ts';
import type { Scenario } from './scenario.ts';
import { watch } from './watch.ts';

/** An instance reserved by a case. */
export type Claim = {
  readonly container: string;
  readonly instance: string;
  readonly token: string;
  readonly answer: Answer;
};

/** What names a claim. */
export type Held = Omit<Claim, 'answer'>;

/** A token that no request has used before; it names the case, so that a log of the target's can be understood. */
export const freshToken = (scenario: Scenario): string =>
  `${scenario.id.toLowerCase()}-${randomBytes(6).toString('hex')}`;

/** An ID that no resource has. */
export const unknownId = (): string => `dead${randomBytes(10).toString('hex')}`;

type ClaimRequest = Pick<CaseRequest, 'container' | 'signal' | 'licence'> & { readonly token?: string };

/**
 * Sends a claim. A claim without an answer is in line: where the suite can move the target's clock, it moves the clock
 * until the answer comes, instead of waiting.
 */
export const sendClaim = async (s: Scenario, request: ClaimRequest = {}): Promise<Answer | NoAnswer> => {
  const { token = freshToken(s), ...given } = request;
  const sending = s.trySend({ operation: 'claimInstance', ...given, body: { token } });
  if (s.run.clock.isMovable) await moveUntil(s, sending);
  return await sending;
};

const stepMs = 1_000;
const mostSteps = 90;

/** Moves time on, second by second, until the work is done. */
export const moveUntil = async (s: Scenario, work: Promise<unknown>): Promise<void> => {
  const isDone = watch(work);
  if (await s.until(isDone)) return;
  for (let steps = 0; steps < mostSteps && !isDone(); steps += 1) {
    await s.pass(stepMs);
    await s.until(isDone, 20);
  }
};

const statusesOfExhaustion: readonly number[] = [409, 423, 429, 503, 504];
const codesOfExhaustion: readonly string[] = ['403.not-ready', '404.instance', '422.max-exceeded'];

/** Whether the answer may say that no instance is free; with which status and code it does is the scheduler's choice. */
export const isExhausted = ({ status, code }: Answer): boolean =>
  statusesOfExhaustion.includes(status) || (code !== null && codesOfExhaustion.includes(withHyphens(code)));

/** Reserves an instance, which the rest of the case depends on. */
export const claim = async (s: Scenario, request: ClaimRequest = {}): Promise<Claim> => {
  const claimed = await tryClaim(s, request);
  return 'instance' in claimed ? claimed : noneFree(s, request.container ?? s.container, claimed);
};

/** Reserves an instance, or answers what was said where none is free. */
export const tryClaim = async (s: Scenario, request: ClaimRequest = {}): Promise<Claim | Answer> => {
  const { container = s.container, token = freshToken(s) } = request;
  const ask = async (): Promise<Answer> => s.answered(await sendClaim(s, { ...request, container, token }));
  let answer = await ask();
  const isFree = async (): Promise<boolean> => {
    answer = await ask();
    return !isExhausted(answer);
  };
  // Not while the case itself holds something: that would run out as well.
  if (isExhausted(answer) && s.run.isExclusive && !holdsAny(s)) await outlastRemains(s, container, isFree);
  if (isExhausted(answer)) return answer;
  const instance = instanceOf(answer);
  s.require(instance !== null, {
    rule: 'Claim reserves an available instance and answers it.',
    expected: '200 with an instance',
    came: answer.status === 200 ? '200 without instance_id' : describe(answer),
    evidence: 'documented',
    source: 'claim',
    about: answer,
  });
  return { container, instance: instance ?? '', token, answer };
};

const holdsAny = (s: Scenario, container?: string): boolean =>
  s.run.holdings.all.some((held) => held.owner === s.id && (container === undefined || held.container === container));

export const noteHangUp = ({ run }: Scenario): void => {
  run.lastHangUp.at = run.clock.now();
};

/** What could not be given back comes after its ten seconds, and what was given back may come a while later. */
export const outlastRemains = async (s: Scenario, container: string, isFree: () => Promise<boolean>): Promise<void> => {
  if (s.run.dry.has(container)) return;
  await outlastOwnLeases(s, container);
  if (await s.until(isFree)) return;
  // What a run before this one could not release, or is kept for a caller that has hung up, is free again then, too.
  if (s.run.earlier.mayHoldAll || s.run.clock.now() - s.run.lastHangUp.at < 2 * expiryMs) {
    await s.pass(expiryMs);
    if (await s.until(isFree)) return;
  }
  s.run.dry.add(container);
};

/** Claims of earlier cases that the target would not take back. No time ends what has been spawned. */
export const leftClaimed = ({ run }: Scenario, container: string): readonly Holding[] =>
  run.holdings.all.filter(
    (held) => held.container === container && !run.running.has(held.owner) && held.phase === 'claimed',
  );

/** Skips for want of instances; where earlier claims hold some, not for good. */
export const lack = (s: Scenario, container: string, reason: string): never => {
  const now = s.run.clock.now();
  if (leftClaimed(s, container).some(({ grantedAt }) => now - grantedAt < expiryMs)) throw new Postponed(reason);
  return s.skip(reason);
};

/** Claims that the target would not take back are over after ten seconds. */
export const outlastOwnLeases = async (s: Scenario, container: string): Promise<void> => {
  const open = leftClaimed(s, container);
  if (open.length === 0) return;
  const last = Math.max(...open.map(({ grantedAt }) => grantedAt));
  await s.passUntil(last + expiryMs);
  for (const { instance, token } of open) s.run.holdings.drop(container, instance, token);
};

const noneFree = (s: Scenario, container: string, answer: Answer): never => {
  if (holdsAny(s, container)) lack(s, container, 'no further instance was free while this case held one');
  if (!s.run.isExclusive) s.skip('no instance was free: others may hold them all');
  return s.require(false, {
    rule: isFreeAgain,
    expected: 'an instance',
    came: describe(answer),
    evidence: 'documented',
    source: 'functions',
    about: answer,
  });
};

export const isFreeAgain = 'What has been given back, or has run out, is available again.';

/** A second instance under the same token; skips where the target grants none. */
export const claimAgain = async (s: Scenario, first: Claim): Promise<Claim> => {
  const { container, token } = first;
  const answer = s.answered(await sendClaim(s, { container, token }));
  const instance = instanceOf(answer);
  if (instance === null || instance === first.instance) {
    return lack(s, container, 'the token got no second instance');
  }
  return { container, instance, token, answer };
};

export type Variables = Readonly<Record<string, string>>;

export const sendSpawn = async (
  s: Scenario,
  claimed: Held,
  variables?: Variables | null,
  more: Pick<CaseRequest, 'licence'> = {},
): Promise<Answer> => {
  const { container } = claimed;
  return await s.send({ operation: 'spawnInstance', container, body: spawnBody(claimed, variables), ...more });
};

export const spawnBody = ({ instance, token }: Held, variables?: Variables | null): JsonRecord => ({
  token,
  instance_id: instance,
  ...(variables === undefined ? {} : { runtime_variables: { environment_variables: variables } }),
});

const isStarted = 'Spawn starts an instance that its caller has claimed.';

/**
 * Starts a reserved instance, which the rest of the case depends on. `rule` names what else is wrong where it does not,
 * such as a refused request before that has changed something.
 */
export const spawn = async (
  s: Scenario,
  claimed: Held,
  variables?: Variables | null,
  rule = isStarted,
): Promise<Answer> => {
  const answer = await sendSpawn(s, claimed, variables);
  s.require(answer.status === 200, {
    rule,
    expected: '200',
    came: describe(answer),
    evidence: 'documented',
    source: 'spawn',
    about: answer,
  });
  return answer;
};

/** What a refused request must have left as it was. */
export const changesNothing = 'A refused request changes nothing: the claim can be spawned with its own token.';

export const sendRelease = async (s: Scenario, { container, instance, token }: Held): Promise<Answer> =>
  await s.send({ operation: 'releaseInstance', container, body: { token, instance_id: instance } });

/** Ends a run, which the rest of the case depends on. Where functions end by themselves there may be none left to end. */
export const release = async (s: Scenario, claimed: Held): Promise<Answer> => {
  const answer = await sendRelease(s, claimed);
  const isOver = s.run.endsByItself && answer.status >= 400 && answer.status < 500;
  s.require(answer.status === 200 || isOver, {
    rule: 'Release ends a run for the caller who has claimed it.',
    expected: '200',
    came: describe(answer),
    evidence: 'documented',
    source: 'release',
    about: answer,
  });
  return answer;
};

/** Active's answer. Skips the case where the target is older than the operation. */
const sendActive = async (s: Scenario, container: string): Promise<Answer> => {
  const answer = await s.send({ operation: 'getActiveInstances', container });
  if (answer.status === 404 && answer.code === '404.uri') {
    s.run.missing.add('getActiveInstances');
    s.skip('the target answers 404.uri to active, an operation that was added in May 2024');
  }
  return answer;
};

/** The function's active instances by ID. Skips the case where the target is older than the operation. */
export const active = async (s: Scenario, container = s.container): Promise<JsonRecord> => {
  const answer = await sendActive(s, container);
  s.require(answer.status === 200, {
    rule: 'Active lists the function’s instances that are starting or running.',
    expected: '200',
    came: describe(answer),
    evidence: 'documented',
    source: 'active',
    about: answer,
  });
  return isRecord(answer.data) ? answer.data : {};
};

/** Skips where the target lacks the operation: what it answers says nothing of it then. */
export const requireOperation = async (s: Scenario, operation: Operation): Promise<void> => {
  if (operation === 'getActiveInstances') await sendActive(s, s.container);
};

/** Whether the instance is among the active ones. */
export const isListed = async (s: Scenario, { container, instance }: Held): Promise<boolean> =>
  instance in (await active(s, container));

/** A claim that has been released, so that its instance is free. */
export const freedClaim = async (s: Scenario, container = s.container): Promise<Claim> => {
  const claimed = await claim(s, { container });
  await giveBack(s, claimed);
  return claimed;
};

/** Gives a claim back, by way of a run where the target takes back nothing else, or ends its run. */
export const giveBack = async (s: Scenario, claimed: Held): Promise<void> => {
  const { phase } = s.run.holdings.find(claimed.container, claimed.instance, claimed.token) ?? {};
  const answer = await sendRelease(s, claimed);
  if (answer.status === 200) return;
  if (phase !== 'spawned') await spawn(s, claimed);
  // A run may have ended by itself, and nothing is left to release then.
  else if (answer.status < 500 && !(await isListed(s, claimed))) return;
  await release(s, claimed);
};
