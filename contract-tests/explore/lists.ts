import { describe } from '../kit/requests.ts';
import { rules } from '../kit/rules.ts';
import { isRecord, type JsonRecord } from '../model/json.ts';
import type { Grant, Span } from './model.ts';
import type { Walker } from './walker.ts';

type List = { readonly listed: JsonRecord; readonly span: Span };

/** Asks what is active, and judges each entry and each that is missing. */
export const judgeActive = async (w: Walker, container: string, connection: number): Promise<void> => {
  if (w.run.missing.has('getActiveInstances')) return;
  let last = await ask(w, container, connection);
  if (last === null || isRight(w, container, last)) return;
  // Lists may lag behind what has happened.
  const comesRight = await w.comesRight(async () => {
    last = await ask(w, container, connection);
    return last === null || isRight(w, container, last);
  });
  if (comesRight || last === null) return;
  const surplus = findSurplus(w, container, last);
  if (surplus !== null) w.contradict(rules.listsNoOther, 'no instance that does not run here', surplus);
  for (const one of findMissing(w, container, last)) judgeMissing(w, one, last);
};

const isRight = (w: Walker, container: string, list: List): boolean =>
  findSurplus(w, container, list) === null && findMissing(w, container, list).length === 0;

const ask = async (w: Walker, container: string, connection: number): Promise<List | null> => {
  const { reply, span } = await w.send(connection, { operation: 'getActiveInstances', container });
  if (reply.failure !== undefined) return null;
  if (reply.status === 404 && reply.code === '404.uri') {
    w.run.missing.add('getActiveInstances');
    return null;
  }
  if (reply.status !== 200) w.contradict(rules.listed, '200', describe(reply));
  const listed = isRecord(reply.data) ? reply.data : {};
  noteSurvivors(w, container, listed, span);
  return { listed, span };
};

/** How old its runs grow is learned from the list: a function that ends by itself does so at some age. */
const noteSurvivors = (w: Walker, container: string, listed: JsonRecord, span: Span): void => {
  for (const one of w.model.grants.filter((grant) => grant.container === container && grant.instance in listed)) {
    if (!w.model.isRunning(one, span) || one.started === null) continue;
    const age = span.from - one.started.by - w.model.settleMs;
    w.model.survivedMs.set(container, Math.max(age, w.model.survivedMs.get(container) ?? 0));
  }
};

const findSurplus = (w: Walker, container: string, { listed, span }: List): string | null => {
  const { model, isExclusive } = w;
  // Which instance a request has that is not answered yet, only its answer shows.
  const mayRunUnseen = model.expects(container, span);
  for (const instance of Object.keys(listed)) {
    const home = model.homes.get(instance) ?? container;
    if (home !== container) return `${instance}, which ${home} has granted`;
    const grants = model.of(container, instance);
    const mayRun = grants.some((one) => !one.isMissed && model.mayBeListed(one, span));
    const isOurs = isExclusive ? grants.length > 0 : grants.some((one) => model.isWaiting(one, span));
    if (!mayRun && isOurs && !mayRunUnseen) return instance;
  }
  return null;
};

const findMissing = ({ model }: Walker, container: string, { listed, span }: List): readonly Grant[] =>
  model.grants.filter((one) => one.container === container && model.isRunning(one, span) && !(one.instance in listed));

/** A function may end by itself, but not far younger than others of its runs have grown. */
const judgeMissing = (w: Walker, one: Grant, { listed, span }: List): void => {
  const age = span.by - (one.started?.from ?? span.by);
  // What goes on for its caller has not ended.
  const isYoung = one.isRequests === true || 2 * age < (w.model.survivedMs.get(one.container) ?? 0);
  noteEnd(one);
  if (isYoung) w.contradict(rules.listed, one.instance, describeList(listed));
};

const noteEnd = (one: Grant): void => {
  one.isMissed = true;
  one.enders.set(Symbol('by itself'), one.started?.from ?? one.granted.from);
};

const describeList = (listed: JsonRecord): string => {
  const ids = Object.keys(listed);
  return ids.length === 0 ? 'an empty list' : ids.join(', ');
};
