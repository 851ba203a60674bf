import { isRecord, type JsonRecord } from '../json.ts';
import { describe } from '../target/requests.ts';
import type { Grant, Span } from './model.ts';
import { rules } from './rules.ts';
import type { Walker } from './walker.ts';

type List = { readonly listed: JsonRecord; readonly span: Span };

/** Asks what is active, and judges each entry and each that is missing. */
export const judgeActive = async (w: Walker, container: string, line: number): Promise<void> => {
  if (w.run.missing.has('getActiveInstances')) return;
  const first = await ask(w, container, line);
  if (first === null || findWrong(w, container, first) === null) return;
  // Lists may lag behind what has happened.
  let last = first;
  const isRight = await w.comesRight(async () => {
    last = (await ask(w, container, line)) ?? last;
    return findWrong(w, container, last) === null;
  });
  const wrong = isRight ? null : findWrong(w, container, last);
  if (wrong !== null) w.contradict(wrong.rule, wrong.expected, wrong.came);
};

const ask = async (w: Walker, container: string, line: number): Promise<List | null> => {
  const { reply, span } = await w.send(line, { operation: 'getActiveInstances', container });
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

const findWrong = (w: Walker, container: string, { listed, span }: List) =>
  findSurplus(w, container, listed, span) ?? findMissing(w, container, listed, span);

const findSurplus = ({ model, isExclusive }: Walker, container: string, listed: JsonRecord, span: Span) => {
  for (const instance of Object.keys(listed)) {
    const home = model.homes.get(instance);
    const rule = rules.listsNoOther;
    if (home !== undefined && home !== container) {
      return { rule, expected: 'the function’s own', came: `${instance}, which ${home} has granted` };
    }
    const grants = model.of(container, instance);
    const mayRun = grants.some((one) => !one.isMissed && model.mayBeListed(one, span));
    const isOurs = isExclusive ? grants.length > 0 : grants.some((one) => model.isWaiting(one, span));
    if (!mayRun && isOurs) return { rule, expected: 'no instance that was not spawned', came: instance };
  }
  return null;
};

/** Runs of the same function that are far younger than others have grown do not end by themselves. */
const findMissing = ({ model }: Walker, container: string, listed: JsonRecord, span: Span) => {
  const running = model.grants.filter((one) => one.container === container && model.isRunning(one, span));
  for (const one of running.filter(({ instance }) => !(instance in listed))) {
    const age = span.by - (one.started?.from ?? span.by);
    if (2 * age < (model.survivedMs.get(container) ?? 0)) {
      return { rule: rules.listed, expected: one.instance, came: describeList(listed) };
    }
    noteEnd(one);
  }
  return null;
};

const noteEnd = (one: Grant): void => {
  one.isMissed = true;
  one.enders.set(Symbol('by itself'), one.started?.from ?? one.granted.from);
};

const describeList = (listed: JsonRecord): string => {
  const ids = Object.keys(listed);
  return ids.length === 0 ? 'an empty list' : ids.join(', ');
};
