import { type Answer, type CaseRequest, describe, instanceOf, type NoAnswer, watch } from '../kit/requests.ts';
import { rules } from '../kit/rules.ts';
import { excerpt, fieldOf, textOf } from '../model/json.ts';
import type { Grant, Span } from './model.ts';
import { failures, type InLine, type Walker } from './walker.ts';

/** Answers that take longer than usual, and than that, are waited for beside the rest of the history. */
const longestWaitMs = 300;
const shortestWaitMs = 20;

const patienceMs = ({ model }: Walker): number =>
  Math.min(longestWaitMs, model.settleMs, shortestWaitMs + 5 * model.usualMs);

export type ClaimOptions = {
  readonly container: string;
  readonly connection: number;
  readonly token: string;
  /** Nothing public forbids it, and nothing says that it must be taken. */
  readonly mayBeRefused?: boolean;
  /** Hangs up after so much real time. */
  readonly hangUpAfterMs?: number;
};

/** Sends a claim and judges its answer; one that has to wait goes on waiting in line. */
export const claim = async (w: Walker, options: ClaimOptions): Promise<void> => {
  if (w.isUsed(options.container, options.token)) return;
  const waiting = beginClaim(w, options);
  if (options.hangUpAfterMs !== undefined) {
    await w.run.clock.pause(options.hangUpAfterMs, w.run.signal);
    waiting.hangUp();
    return await waiting.settled;
  }
  const longest = w.run.clock.pause(patienceMs(w), w.run.signal);
  await Promise.race([waiting.settled, longest]);
};

/** The most that wait in line for one function. */
export const mostInLine = 3;

const beginClaim = (w: Walker, { container, connection, token, mayBeRefused = false }: ClaimOptions): InLine => {
  const caller = new AbortController();
  const request: CaseRequest = { operation: 'claimInstance', container, body: { token }, signal: caller.signal };
  const since = w.now;
  const work = async (): Promise<void> => {
    try {
      const { reply, span } = await w.send(connection, request);
      remove(w, waiting);
      await judgeClaim(w, { container, connection, token, mayBeRefused }, reply, span);
    } catch (error) {
      remove(w, waiting);
      // It may be answered long after the command that sent it.
      w.fail(error);
    }
  };
  const waiting: InLine = { container, token, since, hangUp: () => caller.abort(), settled: Promise.resolve() };
  w.inLine.push(waiting);
  waiting.settled = work();
  return waiting;
};

const remove = ({ inLine }: Walker, waiting: InLine): void => {
  const at = inLine.indexOf(waiting);
  if (at !== -1) inLine.splice(at, 1);
};

const judgeClaim = async (w: Walker, claimed: ClaimOptions, reply: Answer | NoAnswer, span: Span): Promise<void> => {
  const { container } = claimed;
  if (reply.failure !== undefined) {
    return w.model.lose(container, span);
  }
  if (reply.status === 200) {
    w.model.noteDuration(reply.durationMs);
    return await judgeGrant(w, claimed, reply, span);
  }
  if (claimed.mayBeRefused === true) {
    if (failures.has(reply.status)) w.contradict(rules.survives, 'no status 5xx', describe(reply));
    return;
  }
  await judgeRefusal(w, claimed, reply, span);
};

const judgeGrant = async (
  w: Walker,
  { container, connection, token }: ClaimOptions,
  answer: Answer,
  span: Span,
): Promise<void> => {
  const { data } = answer;
  const instance = instanceOf(answer);
  if (instance === null) return w.contradict(rules.grants, 'an instance', excerpt(data));
  judgeAddress(w, `${container}/${instance}`, data);
  await judgeServed(w, { container, instance, token, connection }, span);
};

/** Judges that an instance was given to a claim or a request, whose it is from now on. */
export const judgeServed = async (
  w: Walker,
  { container, instance, token, connection }: Pick<Grant, 'container' | 'instance' | 'token' | 'connection'>,
  span: Span,
): Promise<Grant> => {
  const { model } = w;
  const home = model.homes.get(instance) ?? container;
  if (home !== container) {
    w.contradict(rules.ownInstances, `an instance of ${container}`, `${instance}, which ${home} has granted`);
  }
  const others = model.of(container, instance).filter((one) => one.token !== token);
  const contradicted = others.filter((one) => model.excludes(one, span));
  const holder = contradicted.find(({ started, starters }) => started === null && starters.size === 0);
  const runner = contradicted.find(({ started }) => started !== null);
  const grant = model.grant({ container, instance, token, connection }, span);
  if (holder !== undefined) {
    w.contradict(rules.grantedOnce, 'an instance that is free', `${instance}, which token ${holder.token} holds`);
  }
  if (runner?.isRequests === true)
    w.contradict(rules.atWork, 'an instance that is free', `${instance}, whose answer to a request goes on`);
  else if (runner !== undefined) await judgeGrantOfRunning(w, container, instance, connection);
  return grant;
};

/** Its run may have ended by itself, which the list shows. */
const judgeGrantOfRunning = async (
  w: Walker,
  container: string,
  instance: string,
  connection: number,
): Promise<void> => {
  if (w.run.missing.has('getActiveInstances')) return;
  const isStillListed = async (): Promise<boolean> => {
    const { reply } = await w.send(connection, { operation: 'getActiveInstances', container });
    return reply.failure === undefined && fieldOf(reply.data, instance) !== undefined;
  };
  const isOver = await w.comesRight(async () => !(await isStillListed()));
  if (!isOver) w.contradict(rules.atWork, 'an instance that is free', `${instance}, which runs and is listed`);
};

const judgeAddress = (w: Walker, owner: string, data: unknown): void => {
  const { addresses } = w.model;
  const address = textOf(fieldOf(data, 'environment', 'ipv6', 'ip'));
  if (address === null) return;
  const known = addresses.get(address) ?? owner;
  addresses.set(address, known);
  if (known !== owner)
    w.contradict(rules.addresses, `${owner} at an address of its own`, `${address}, as ${known} has`);
};

/** Whether an instance must have been free for all of the time, and by which rule. */
const findFree = ({ model, inLine, isExclusive }: Walker, container: string, span: Span) => {
  if (!isExclusive) return null;
  const before = inLine.filter((one) => one.container === container && one.since <= span.by).length;
  const most = Math.max(1, model.mostHeld.get(container) ?? 0);
  if (model.mostTaken(container, span) + before < most) return rules.available;
  return model.mostTaken(container, span, true) + before < most ? rules.givenBack : null;
};

const judgeRefusal = async (w: Walker, claimed: ClaimOptions, answer: Answer, span: Span): Promise<void> => {
  const { container, connection, token } = claimed;
  const isSecond = w.model.grants.some((one) => one.token === token && w.model.mayBeHeld(one, span));
  if (isSecond || findFree(w, container, span) === null) return;
  // It may still be busy with giving back.
  await w.run.clock.pause(w.model.settleMs, w.run.signal);
  const again = await answered(w, w.send(connection, { operation: 'claimInstance', container, body: { token } }));
  const { reply } = again;
  if (reply.failure !== undefined) return;
  if (reply.status === 200) return await judgeGrant(w, claimed, reply, again.span);
  const rule = findFree(w, container, again.span);
  if (rule === null) return;
  const most = Math.max(1, w.model.mostHeld.get(container) ?? 0);
  const taken = w.model.mostTaken(container, again.span, rule === rules.givenBack);
  w.contradict(rule, `one of ${most} instances, of which ${taken} can be taken`, describe(answer));
};

const mostSteps = 90;

/** The outcome of what may wait in line; where the clock is in our hands, time is moved on until it comes. */
const answered = async <Outcome>(w: Walker, work: Promise<Outcome>): Promise<Outcome> => {
  const isDone = watch(work);
  const { clock, signal } = w.run;
  for (let steps = 0; clock.isMovable && steps < mostSteps; steps += 1) {
    await clock.pause(20, signal);
    if (isDone()) break;
    await clock.pass(1_000, signal);
  }
  return await work;
};

/** What has become free serves those in line. */
export const judgeLine = async (w: Walker): Promise<void> => {
  for (const container of w.containers) {
    const isServed = (): boolean => {
      const isFull = w.model.mostTaken(container, w.instant, true) >= (w.model.mostHeld.get(container) ?? 0);
      return isFull || !w.isExclusive || !w.inLine.some((one) => one.container === container);
    };
    if (isServed() || (await w.comesRight(isServed))) continue;
    const [first] = w.inLine.filter((one) => one.container === container);
    // A refusal says more than silence, and one of a claim that found all given back says most.
    if (first !== undefined) await answered(w, first.settled);
    w.throwFailure();
    await answered(w, beginClaim(w, { container, connection: 0, token: w.freshToken() }).settled);
    w.throwFailure();
    w.contradict(rules.line, 'the instance that is free', `no answer within ${w.model.settleMs} ms`);
  }
};

/** Hangs up on all that wait, and gives the target time to notice. */
export const leaveLine = async (w: Walker): Promise<void> => {
  const waiting = [...w.inLine];
  if (waiting.length === 0) return;
  for (const one of waiting) one.hangUp();
  await Promise.all(waiting.map(({ settled }) => settled));
  await w.run.clock.pause(arrivalMs, w.run.signal);
  w.model.noteDeparture(w.now);
};

const arrivalMs = 120;
