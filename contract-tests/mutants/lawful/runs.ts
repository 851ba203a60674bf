import type { Fn, Instance } from '../../reference/rules.ts';
import { type Lawful, lawful } from './lawful.ts';

/** Real schedulers may take seconds; a part of that shows the same. */
const lagMs = 400;
const settling = { settleMs: 1_000 };
const ending = { endsByItself: true, callback: { mode: 'off' } } as const;

/** What spawns and releases may do, and when it is seen. */
export const lawfulRuns: readonly Lawful[] = [
  lawful('unspawned-kept', 'A claim that was never spawned is not released.', ({ mayRelease, refuse }) => ({
    mayRelease: (instance, call) => {
      const isUnspawned = instance.token !== null && instance.spawnedAt === null;
      return mayRelease(instance, call) ?? (isUnspawned ? refuse.wrongState : null);
    },
  })),
  lawful(
    'releases-repeatable',
    'A repeated release gets the same answer, even after a new claim of the instance.',
    ({ release, find, released }) => {
      const done = new Map<string, unknown>();
      return {
        release: async (call) => {
          const key = `${call.token} ${call.instanceId}`;
          const instance = find(call.fn, call.instanceId);
          if (instance && instance.token !== call.token && done.has(key)) return { data: done.get(key) };
          const outcome = await release(call);
          if ('data' in outcome && instance) done.set(key, released(instance, call.token));
          return outcome;
        },
      };
    },
  ),
  lawful(
    'lists-lag',
    'Active lists what ran a while before.',
    ({ active, start, stop, ended, free }) => {
      const seen: { readonly at: number; readonly fn: Fn; readonly list: ReturnType<typeof active> }[] = [];
      const watching =
        <More extends readonly unknown[]>(act: (instance: Instance, ...more: More) => unknown) =>
        async (instance: Instance, ...more: More): Promise<void> => {
          const acting = act(instance, ...more);
          if (acting instanceof Promise) await acting;
          seen.push({ at: performance.now(), fn: instance.fn, list: active(instance.fn) });
        };
      return {
        start: watching(start),
        stop: watching(stop),
        ended: watching(ended),
        free: watching(free),
        active: (fn) => seen.findLast((one) => one.fn === fn && one.at < performance.now() - lagMs)?.list ?? {},
      };
    },
    { options: settling },
  ),
  lawful(
    'ends-lag',
    'An instance is made ready for a while before it is available again.',
    ({ free }, { alarm }) => ({
      free: (instance) => {
        instance.lease?.cancel();
        Object.assign(instance, { token: null, run: null, stopping: false });
        alarm(lagMs / 2, () => free(instance));
      },
    }),
    { options: settling },
  ),
  lawful('stops-behind', 'Release answers before the function has ended.', ({ stop }) => ({
    stop: (instance) => void stop({ ...instance }),
  })),
  ...[
    { name: 'ends-at-once', description: 'Functions end by themselves as soon as they have started.', isFinal: false },
    {
      name: 'ends-at-once-for-good',
      description: 'Functions end at once, and then there is nothing to release any more.',
      isFinal: true,
    },
  ].map(({ name, description, isFinal }) =>
    lawful(
      name,
      description,
      ({ start, ended }) => ({
        start: async (instance, environment) => {
          await start(instance, environment);
          const { run } = instance;
          setImmediate(() => {
            if (instance.run === run) ended(instance);
            if (isFinal) instance.pastToken = null;
          });
        },
      }),
      { options: ending },
    ),
  ),
  lawful(
    'spawns-repeatable',
    'A spawn that was answered is answered again.',
    ({ spawn, find, spawned }) => ({
      spawn: async (call) => {
        const instance = find(call.fn, call.instanceId);
        return instance?.run && instance.token === call.token
          ? { data: spawned(instance, call.token) }
          : await spawn(call);
      },
    }),
    { warns: ['SPAWN-007', 'SPAWN-008'] },
  ),
  lawful('without-active', 'The scheduler is older than active.', ({ checkPath, refuse }) => ({
    checkPath: (call) => (call.path.endsWith('/active') ? refuse.badPath : checkPath(call)),
  })),
];
