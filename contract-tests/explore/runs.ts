import { type CaseRequest, describe } from '../kit/requests.ts';
import { type Rule, rules } from '../kit/rules.ts';
import { excerpt, type JsonRecord } from '../model/json.ts';
import type { Grant, Span } from './model.ts';
import type { Walker } from './walker.ts';

/** A spawn or release, right or wrong: which it is, the model says. */
export type Attempt = {
  readonly container: string;
  readonly connection: number;
  readonly instance: string;
  /** What is no text, or undefined, breaks the description. */
  readonly token: unknown;
  readonly key?: CaseRequest['key'];
  /** Further fields of a spawn. */
  readonly more?: JsonRecord;
  readonly hasMalformedVariables?: boolean;
};

const toRequest = (operation: 'spawnInstance' | 'releaseInstance', attempt: Attempt): CaseRequest => {
  const { container, instance, token, key, more = {} } = attempt;
  const body = { ...(token === undefined ? {} : { token }), instance_id: instance };
  return {
    operation,
    container,
    body: operation === 'spawnInstance' ? { ...body, ...more } : body,
    ...(key && { key }),
  };
};

/** The claims that an attempt is about, and the rule by which it must be refused in every state. */
const examine = (w: Walker, { container, instance, token, key }: Attempt, isMalformed = false) => {
  const named = w.model.of(container, instance);
  const isFormed = typeof token === 'string' && /^[0-9a-f]{24}$/i.test(instance) && !isMalformed;
  const broken = key !== undefined ? rules.key : isFormed ? null : rules.malformed;
  const own = broken === null ? named.filter((one) => one.token === token && one.isRequests === undefined) : [];
  const now = w.instant;
  const open = own.filter((one) => w.model.mayBeHeld(one, now));
  return { id: Symbol('attempt'), now, named, own, open, broken };
};

const noteUnclear = (open: readonly Grant[], what: 'starters' | 'enders', id: symbol, since: number): void => {
  for (const one of open) one[what].set(id, since);
};

const noteClear = (open: readonly Grant[], what: 'starters' | 'enders', id: symbol): void => {
  for (const one of open) one[what].delete(id);
};

/** Answers whether it was taken. */
export const spawn = async (w: Walker, attempt: Attempt): Promise<boolean> =>
  await w.using(attempt.container, attempt.token, () => spawnNow(w, attempt));

const spawnNow = async (w: Walker, attempt: Attempt): Promise<boolean> => {
  const { id, now, own, open, broken } = examine(w, attempt, attempt.hasMalformedVariables);
  // A wrong spawn that is right by chance would start something.
  if (open.length > 0 && !w.may('lifecycle')) return false;
  const right = own.filter((one) => w.model.isWaiting(one, now));
  noteUnclear(open, 'starters', id, now.from);
  const { reply, span } = await w.send(attempt.connection, toRequest('spawnInstance', attempt));
  // Without an answer it may have started, and be over, at any time since.
  if (reply.failure !== undefined) return false;
  noteClear(open, 'starters', id);
  const came = describe(reply);
  if (reply.status === 200) {
    if (broken !== null) w.contradict(broken, 'a refusal', came);
    else judgeOpen(w, own, span, came);
    for (const one of open) one.started ??= span;
    return true;
  }
  const wasRight = right.filter((one) => w.model.isWaiting(one, span));
  if (reply.status >= 500) {
    // What fails to start may have lost its claim, as nothing documents.
    noteUnclear(open, 'starters', id, now.from);
    noteUnclear(open, 'enders', id, now.from);
  }
  const retry = (connection: number): Promise<boolean> => spawnNow(w, { ...attempt, connection });
  return await judgeRefusal(w, attempt, wasRight, { rule: rules.spawns, came, retry });
};

/** A spawn that was taken must have had a claim that was not over. */
const judgeOpen = (w: Walker, own: readonly Grant[], span: Span, came: string): void => {
  if (own.some((one) => w.model.mayBeHeld(one, span, true))) return;
  if (own.some((one) => w.model.mayBeHeld(one, span))) return w.contradict(rules.givenBack, 'a refusal', came);
  w.contradict(rules.spawnNeedsClaim, own.length === 0 ? 'a refusal' : 'a refusal: its claim is over', came);
};

/**
 * What was right for certain is taken. A claim of another connection may be another scheduler's: `retry` asks over its own.
 * Answers whether it was taken in the end.
 */
const judgeRefusal = async (
  w: Walker,
  { connection }: Attempt,
  right: readonly Grant[],
  { rule, came, retry }: { rule: Rule; came: string; retry(connection: number): Promise<boolean> },
): Promise<boolean> => {
  const [home] = right;
  if (home === undefined) return false;
  if (w.shards.areSeveral) w.contradict(rules.oneScheduler, '200', came);
  else if (home.connection === connection) w.contradict(rule, '200', came);
  else if (await retry(home.connection)) {
    w.shards.areSeveral = true;
    w.contradict(rules.oneScheduler, '200, as over its own connection', came);
    return true;
  }
  return false;
};

/** Answers whether it was taken. */
export const release = async (w: Walker, attempt: Attempt): Promise<boolean> =>
  await w.using(attempt.container, attempt.token, () => releaseNow(w, attempt));

const releaseNow = async (w: Walker, attempt: Attempt): Promise<boolean> => {
  const { id, now, named, own, open, broken } = examine(w, attempt);
  const running = own.filter((one) => w.model.isRunning(one, now));
  const others = named.filter((one) => !own.includes(one) && w.model.isHeld(one, now));
  noteUnclear(open, 'enders', id, now.from);
  const { reply, span } = await w.send(attempt.connection, toRequest('releaseInstance', attempt));
  if (reply.failure !== undefined) return false;
  noteClear(open, 'enders', id);
  const came = describe(reply);
  if (reply.status === 200) {
    const isForeign = own.length === 0 && isAnothers(w, attempt, others, span);
    const rule = broken ?? (isForeign ? rules.releaseNeedsClaim : null);
    if (rule !== null) w.contradict(rule, `a refusal of token ${excerpt(attempt.token)}`, came);
    for (const one of open) noteRelease(one, span);
    return true;
  }
  const wasRight = running.filter((one) => w.model.isRunning(one, span));
  // It may have failed on the way.
  if (reply.status >= 500) noteUnclear(open, 'enders', id, now.from);
  const retry = (connection: number): Promise<boolean> => releaseNow(w, { ...attempt, connection });
  return await judgeRefusal(w, attempt, wasRight, { rule: rules.releases, came, retry });
};

/** The instance is another function's, or held under another token all the while. */
const isAnothers = (
  { model }: Walker,
  { container, instance }: Attempt,
  others: readonly Grant[],
  span: Span,
): boolean => (model.homes.get(instance) ?? container) !== container || others.some((one) => model.isHeld(one, span));

const noteRelease = (one: Grant, span: Span): void => {
  if (one.ended !== null) return;
  one.givenBack = one.started === null && one.starters.size === 0;
  one.ended = span;
};
