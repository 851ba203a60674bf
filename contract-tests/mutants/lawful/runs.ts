import type { Fn } from '../../reference/rules.ts';
import { type Lawful, lawful } from './lawful.ts';

/** Real schedulers may take seconds; a part of that shows the same. */
const lagMs = 400;
const settling = { settleMs: 1_000 };

/** What spawns and releases may do, and when it is seen. */
export const lawfulRuns: readonly Lawful[] = [
  lawful('unspawned-kept', 'A claim that was never spawned is not released.', (rules) => {
    const { mayRelease } = rules;
    rules.mayRelease = (instance, token, call) =>
      mayRelease(instance, token, call) ??
      (instance.token !== null && instance.spawnedAt === null ? rules.refuse.wrongState : null);
  }),
  lawful(
    'releases-repeatable',
    'A repeated release gets the same answer, even after a new claim of the instance.',
    (rules) => {
      const { release, find, released } = rules;
      const done = new Map<string, unknown>();
      rules.release = async (call) => {
        const token = String(call.fields['token']);
        const key = `${token} ${call.fields['instance_id']}`;
        const instance = find(call.fn as Fn, String(call.fields['instance_id']));
        if (instance && instance.token !== token && done.has(key)) return { data: done.get(key) };
        const outcome = await release(call);
        if ('data' in outcome && instance) done.set(key, released(instance, token));
        return outcome;
      };
    },
  ),
  lawful(
    'lists-lag',
    'Active lists what ran a while before.',
    (rules) => {
      const { active } = rules;
      const seen: { readonly at: number; readonly fn: Fn; readonly list: unknown }[] = [];
      const watch = (fn: Fn): void => void seen.push({ at: performance.now(), fn, list: active(fn) });
      const { start, stop, ended, free } = rules;
      rules.start = async (instance, environment) => {
        await start(instance, environment);
        watch(instance.fn);
      };
      rules.stop = async (instance) => {
        await stop(instance);
        watch(instance.fn);
      };
      rules.ended = (instance) => {
        ended(instance);
        watch(instance.fn);
      };
      rules.free = (instance) => {
        free(instance);
        watch(instance.fn);
      };
      rules.active = (fn) => {
        const old = seen.filter((one) => one.fn === fn && one.at < performance.now() - lagMs).at(-1);
        return old?.list ?? {};
      };
    },
    { options: settling },
  ),
  lawful(
    'ends-lag',
    'An instance is made ready for a while before it is available again.',
    (rules, reference) => {
      const { free } = rules;
      rules.free = (instance) => {
        instance.lease?.cancel();
        Object.assign(instance, { token: null, run: null, stopping: false });
        reference.alarm(lagMs / 2, () => free(instance));
      };
    },
    { options: settling },
  ),
  lawful('stops-behind', 'Release answers before the function has ended.', (rules) => {
    const { stop } = rules;
    rules.stop = (instance) => void stop({ ...instance });
  }),
  lawful(
    'ends-at-once',
    'Functions end by themselves as soon as they have started.',
    (rules) => {
      const { start } = rules;
      rules.start = async (instance, environment) => {
        await start(instance, environment);
        const { run } = instance;
        setImmediate(() => instance.run === run && rules.ended(instance));
      };
    },
    { options: { endsByItself: true, callback: { mode: 'off' } } },
  ),
  lawful(
    'ends-at-once-for-good',
    'Functions end at once, and then there is nothing to release any more.',
    (rules) => {
      const { start } = rules;
      rules.start = async (instance, environment) => {
        await start(instance, environment);
        const { run } = instance;
        setImmediate(() => {
          if (instance.run === run) rules.ended(instance);
          instance.pastToken = null;
        });
      };
    },
    { options: { endsByItself: true, callback: { mode: 'off' } } },
  ),
  lawful(
    'spawns-repeatable',
    'A spawn that was answered is answered again.',
    (rules) => {
      const { spawn, find } = rules;
      rules.spawn = async (call) => {
        const token = String(call.fields['token']);
        const instance = find(call.fn as Fn, String(call.fields['instance_id']));
        return instance?.run && instance.token === token ? { data: rules.spawned(instance, token) } : await spawn(call);
      };
    },
    { warns: ['SPAWN-007', 'SPAWN-008'] },
  ),
  lawful('without-active', 'The scheduler is older than active.', (rules) => {
    const { path } = rules.checks;
    rules.checks.path = (call) => (call.path.endsWith('/active') ? rules.refuse.badPath : path(call));
  }),
];
