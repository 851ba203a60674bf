import { randomBytes } from 'node:crypto';
import { fieldOf, isRecord, type JsonRecord, textOf } from './json.ts';
import { expiryMs, leaseMs } from './run/holdings.ts';
import type { Scenario } from './scenario.ts';
import { type Answer, describe, type NoAnswer } from './target/requests.ts';

/** An instance reserved by a case. */
export type Claim = {
  readonly container: string;
  readonly instance: string;
  readonly token: string;
  readonly answer: Answer;
};

/** A token nobody has used before; it names the case, so that a log of the target's can be understood. */
export const freshToken = (scenario: Scenario): string =>
  `${scenario.id.toLowerCase()}-${randomBytes(6).toString('hex')}`;

/** An ID that no resource has. */
export const unknownId = (): string => `dead${randomBytes(10).toString('hex')}`;

export type ClaimRequest = { readonly container?: string; readonly token?: string; readonly signal?: AbortSignal };

/**
 * Sends a claim. Where the target's clock is in our hands and nobody answers, the claim is in line: time is moved on
 * until it is answered, instead of waited for.
 */
export const sendClaim = async (s: Scenario, request: ClaimRequest = {}): Promise<Answer | NoAnswer> => {
  const { container = s.container, token = freshToken(s), signal } = request;
  const sending = s.trySend({ operation: 'claimInstance', container, body: { token }, ...(signal && { signal }) });
  if (s.run.clock.isMovable) await moveUntil(s, sending);
  return await sending;
};

const stepMs = 1_000;
const mostSteps = 90;

/** Moves time on, second by second, until the work is done. */
export const moveUntil = async (s: Scenario, work: Promise<unknown>): Promise<void> => {
  let isDone = false;
  const finish = () => {
    isDone = true;
  };
  work.then(finish, finish);
  if (await s.until(() => isDone)) return;
  for (let steps = 0; steps < mostSteps && !isDone; steps += 1) {
    await s.pass(stepMs);
    await s.until(() => isDone, 20);
  }
};

/** Whether the answer says that no instance is free. */
export const isExhausted = ({ status, code }: Answer): boolean =>
  status === 504 || status === 503 || status === 429 || code === '504.not-available';

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
  // Not while the case itself holds something: that would run out as well.
  const holdsNothing = !s.run.holdings.all.some(({ owner }) => owner === s.id);
  if (isExhausted(answer) && holdsNothing && (await outlastOwnLeases(s, container))) answer = await ask();
  if (isExhausted(answer)) return answer;
  const instance = textOf(fieldOf(answer.data, 'instance_id'));
  if (answer.status === 200 && instance !== null) return { container, instance, token, answer };
  const came = answer.status === 200 ? 'no instance_id' : describe(answer);
  const rule = 'Claim reserves an available instance and answers it.';
  return s.require(false, { rule, expected: '200 with an instance', came, evidence: 'documented', about: answer });
};

/** Claims that the target would not take back are over after ten seconds; true where there are any to wait for. */
export const outlastOwnLeases = async (s: Scenario, container: string): Promise<boolean> => {
  const open = s.run.holdings.all.filter(
    // No time ends what has been spawned.
    (held) => held.container === container && held.owner !== s.id && held.phase === 'claimed',
  );
  if (open.length === 0) return false;
  const last = Math.max(...open.map(({ grantedAt }) => grantedAt));
  await s.pass(Math.max(0, last + expiryMs - s.run.clock.now()));
  for (const { instance, token } of open) s.run.holdings.drop(container, instance, token);
  return true;
};

const noneFree = (s: Scenario, container: string, answer: Answer): never => {
  const holdsSome = s.run.holdings.all.some((held) => held.container === container && held.owner === s.id);
  if (holdsSome) s.skip('no further instance was free: the pool may have only one');
  if (!s.run.isExclusive) s.skip('no instance was free: others may hold them all');
  const rule = 'What has been given back, or has run out, is available again.';
  return s.require(false, {
    rule,
    expected: 'an instance',
    came: describe(answer),
    evidence: 'documented',
    about: answer,
  });
};

/** A second instance under the same token; skips where the target grants none. */
export const claimAgain = async (s: Scenario, first: Claim): Promise<Claim> => {
  const { container, token } = first;
  const answer = s.answered(await sendClaim(s, { container, token }));
  const instance = textOf(fieldOf(answer.data, 'instance_id'));
  if (answer.status !== 200 || instance === null || instance === first.instance) {
    return s.skip('the token got no second instance');
  }
  return { container, instance, token, answer };
};

/** Sends claims at the same moment; all their answers are in when it returns. Skips where only one is granted. */
export const claimTogether = async (s: Scenario, count: number): Promise<readonly Claim[]> => {
  const tokens = Array.from({ length: count }, () => freshToken(s));
  const replies = await Promise.all(tokens.map((token) => sendClaim(s, { token })));
  const granted = replies.flatMap((reply, index) => {
    const answer = s.answered(reply);
    const instance = textOf(fieldOf(answer.data, 'instance_id'));
    const token = tokens[index] ?? '';
    return answer.status !== 200 || instance === null ? [] : [{ container: s.container, instance, token, answer }];
  });
  if (granted.length < 2) s.skip('fewer than two instances were free: the pool may have only one');
  return granted;
};

export type Variables = Readonly<Record<string, string>>;

export const sendSpawn = async (s: Scenario, claimed: Claim, variables?: Variables | null): Promise<Answer> =>
  await s.send({ operation: 'spawnInstance', container: claimed.container, body: spawnBody(claimed, variables) });

export const spawnBody = ({ instance, token }: Claim, variables?: Variables | null): JsonRecord => ({
  token,
  instance_id: instance,
  ...(variables === undefined ? {} : { runtime_variables: { environment_variables: variables } }),
});

/** Starts a reserved instance, which the rest of the case depends on. */
export const spawn = async (s: Scenario, claimed: Claim, variables?: Variables | null): Promise<Answer> => {
  const answer = await sendSpawn(s, claimed, variables);
  s.require(answer.status === 200, {
    rule: 'Spawn starts an instance that its caller has claimed.',
    expected: '200',
    came: describe(answer),
    evidence: 'documented',
    about: answer,
  });
  return answer;
};

export const sendRelease = async (s: Scenario, { container, instance, token }: Claim): Promise<Answer> =>
  await s.send({ operation: 'releaseInstance', container, body: { token, instance_id: instance } });

/** Ends a run, which the rest of the case depends on. */
export const release = async (s: Scenario, claimed: Claim): Promise<Answer> => {
  const answer = await sendRelease(s, claimed);
  s.require(answer.status === 200, {
    rule: 'Release ends a run for the caller who has claimed it.',
    expected: '200',
    came: describe(answer),
    evidence: 'documented',
    about: answer,
  });
  return answer;
};

/** The function's active instances by ID. Skips the case where the target is older than the operation. */
export const active = async (s: Scenario, container = s.container): Promise<JsonRecord> => {
  const answer = await s.send({ operation: 'getActiveInstances', container });
  if (answer.status === 404 && answer.code === '404.uri') {
    s.run.missing.add('getActiveInstances');
    s.skip('the target answers 404.uri to active, an operation that was added in May 2024');
  }
  const rule = 'Active lists the function’s instances that are starting or running.';
  s.require(answer.status === 200, {
    rule,
    expected: '200',
    came: describe(answer),
    evidence: 'documented',
    about: answer,
  });
  return isRecord(answer.data) ? answer.data : {};
};

/** Whether the instance is among the active ones. */
export const isListed = async (s: Scenario, { container, instance }: Claim): Promise<boolean> =>
  instance in (await active(s, container));

/**
 * Skips where the suite itself was so slow that a lease which began at `since` (on the suite's clock) may be over: what
 * came says nothing of the target then.
 */
export const skipIfLate = (s: Scenario, since: number, answer: Answer): void => {
  const isLate = answer.status !== 200 && s.run.clock.now() - since >= leaseMs;
  if (isLate) s.skip('this machine was too slow to ask within the ten seconds');
};

/** A claim that has been given back, so that its instance is nobody's. */
export const freedClaim = async (s: Scenario, container = s.container): Promise<Claim> => {
  const claimed = await claim(s, { container });
  await giveBack(s, claimed);
  return claimed;
};

/** Gives a claim back, by way of a run where the target takes back nothing else. */
export const giveBack = async (s: Scenario, claimed: Claim): Promise<void> => {
  const answer = await sendRelease(s, claimed);
  if (answer.status === 200) return;
  await spawn(s, claimed);
  await release(s, claimed);
};
