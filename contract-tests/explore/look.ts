import { oddVariables } from '../kit/odd-values.ts';
import { rules } from '../kit/rules.ts';
import { excerpt } from '../model/json.ts';
import { type Attempt, spawn } from './runs.ts';
import type { Walker } from './walker.ts';

/** Spawns a function that reports what it sees, and compares its variables with those given. */
export const look = async (w: Walker, attempt: Attempt): Promise<void> => {
  const { callback } = w.run;
  const receiver = await callback.receiver();
  if (receiver === null) return;
  const id = w.freshToken();
  const given = { ...oddVariables, PROBE_CALLBACK_URL: receiver.url, PROBE_ID: id };
  const isStarted = await spawn(w, { ...attempt, more: { runtime_variables: { environment_variables: given } } });
  if (!isStarted) return;
  const find = () => receiver.reportsOf(id).find(({ event }) => event === 'started');
  await w.comesRight(() => find() !== undefined);
  const started = find();
  if (started === undefined) {
    if (callback.isCertain) w.contradict(rules.starts, 'a report of the function’s start', 'none');
    else callback.noteSilence();
    return;
  }
  callback.noteReport();
  for (const [name, value] of Object.entries(given)) {
    const found = Object.hasOwn(started.variables, name) ? started.variables[name] : undefined;
    if (found !== value) w.contradict(rules.variables, `${name}=${excerpt(value)}`, excerpt(found));
  }
  const itself = started.variables['CYCLE_INSTANCE_ID'];
  if (itself !== attempt.instance) w.contradict(rules.ownVariables, attempt.instance, excerpt(itself));
};
