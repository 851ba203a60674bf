import { setTimeout as sleep } from 'node:timers/promises';
import type { Instance, Times } from '../reference/rules.ts';
import { afterSuccess, fails, type Mutant, notes, raceMs, remembering, warns } from './mutant.ts';

/** Changes the times that release answers. */
const timing = (name: string, description: string, change: (times: Times) => Partial<Times>): Mutant =>
  warns(name, description, ({ times }) => ({
    times: (instance) => {
      const usual = times(instance);
      return { ...usual, ...change(usual) };
    },
  }));

const isDeaf = ({ run }: Instance): boolean => run?.environment['PROBE_IGNORE_SIGTERM'] === '1';

/** What release takes, and what it ends. */
export const releaseMutants: readonly Mutant[] = [
  fails('release-stops-nothing', 'Release answers 200 and lets the function run on.', { stop: () => {} }),
  fails('release-frees-and-lets-run', 'Release frees the instance while its function runs on.', ({ isActive }) => {
    const abandoned = new Set<Instance>();
    return {
      stop: (instance) => abandoned.add(instance),
      isActive: (instance) => abandoned.has(instance) || isActive(instance),
    };
  }),
  notes('release-answers-before-the-stop', 'Release answers two seconds before the stop.', ({ stop }, { alarm }) => ({
    stop: (instance) => {
      const { run } = instance;
      alarm(2_000, () => stop({ ...instance, run }));
    },
  })),
  notes('release-kills', 'Release kills the function without a signal that it could act on.', {
    stop: (instance) => {
      instance.run?.end?.cancel();
      instance.run = null;
    },
  }),
  fails('release-leaves-the-claim', 'Release stops the function, yet the instance stays claimed.', ({ free }) => ({
    free: (instance) => {
      if (instance.stopping) instance.stopping = false;
      else free(instance);
    },
  })),
  fails('released-instance-lost', 'An instance released after a run is never available again.', ({ free }) => ({
    free: (instance) => {
      if (!instance.stopping || instance.spawnedAt === null) return free(instance);
      Object.assign(instance, { token: null, run: null, stopping: false });
    },
  })),
  notes('release-before-spawn-refused', 'An unspawned claim cannot be released.', ({ mayRelease, refuse }) => ({
    mayRelease: (instance, call) => {
      const isUnspawned = instance.token !== null && instance.spawnedAt === null;
      return mayRelease(instance, call) ?? (isUnspawned ? refuse.wrongState : null);
    },
  })),
  warns(
    'release-before-spawn-keeps',
    'Release keeps unspawned claims to their end.',
    ({ release, find, released }) => ({
      release: async (call) => {
        const instance = find(call.fn, call.instanceId);
        if (instance?.token !== call.token || instance.spawnedAt !== null) return await release(call);
        return { data: released(instance, call.token) };
      },
    }),
  ),
  notes('release-twice', 'An instance without a claim can be released.', ({ mayRelease }) => ({
    mayRelease: (instance, call) => (instance.token === null ? null : mayRelease(instance, call)),
  })),
  fails('release-twice-at-once', 'Two releases at once free the instance twice.', ({ free, mayRelease, stop }) => ({
    mayRelease: (instance, call) => mayRelease({ ...instance, stopping: false }, call),
    stop: async (instance) => {
      await sleep(raceMs);
      await stop(instance);
    },
    free: (instance) => {
      const isAvailable = instance.fn.free.includes(instance);
      free(instance);
      if (isAvailable) instance.fn.free.push(instance);
    },
  })),
  fails('release-of-unknown-instance', 'Releasing an unknown instance answers 200.', ({ release, find, released }) => ({
    release: async (call) => {
      const [sample] = call.fn.instances;
      if (sample === undefined || find(call.fn, call.instanceId)) return await release(call);
      return { data: { ...released(sample, call.token), instance_id: call.instanceId } };
    },
  })),
  fails('release-times-as-numbers', 'Release answers times as milliseconds.', { writeTime: (at) => at }),
  fails('release-times-without-zone', 'Release answers times that are no RFC 3339.', {
    writeTime: (at) => new Date(at).toISOString().slice(0, 19).replace('T', ' '),
  }),
  timing('release-times-in-wrong-order', 'Release answers that the release was before the claim.', ({ released }) => ({
    claimed: released,
    released: Date.UTC(2001, 0),
  })),
  timing(
    'release-tells-a-spawn-that-was-not',
    'Releasing an unspawned claim answers a spawn.',
    ({ claimed, spawned }) => ({ spawned: spawned ?? claimed }),
  ),
  timing('release-conceals-the-spawn', 'Release after a run answers null for the time of the spawn.', () => ({
    spawned: null,
  })),
  timing('times-of-another-zone', 'Times are two hours ahead, said to be UTC.', ({ claimed, spawned, released }) => ({
    claimed: claimed + 7_200_000,
    spawned: spawned && spawned + 7_200_000,
    released: released + 7_200_000,
  })),
  timing('times-of-the-spawn-wrong', 'Release answers its own time for the spawn’s.', ({ spawned, released }) => ({
    spawned: spawned && released,
  })),
  timing(
    'times-of-the-claim-repeated',
    'Release answers the claim’s time for the spawn’s.',
    ({ claimed, spawned }) => ({ spawned: spawned && claimed }),
  ),
  warns('deaf-function-lives-on', 'A function that ignores its signal runs on after its release.', ({ stop }) => ({
    stop: async (instance) => {
      if (isDeaf(instance)) instance.run = null;
      else await stop(instance);
    },
  })),
  fails('deaf-function-never-released', 'Releasing a function that ignores its signal never ends.', ({ stop }) => ({
    stop: async (instance) => {
      if (isDeaf(instance)) await new Promise(() => {});
      await stop(instance);
    },
  })),
  fails('release-during-start-leaves-a-run', 'An instance released during its start then runs.', ({ start }) => ({
    start: async (instance, environment) => {
      await sleep(15);
      await start(instance, environment);
    },
  })),
  fails('release-during-start-loses-the-instance', 'A release at the start loses the instance.', ({ start, free }) => {
    const starting = new Set<Instance>();
    return {
      start: async (instance, environment) => {
        starting.add(instance);
        await sleep(15);
        starting.delete(instance);
        if (instance.token !== null) await start(instance, environment);
      },
      free: (instance) => {
        if (!starting.has(instance)) return free(instance);
        instance.token = null;
      },
    };
  }),
  fails('gateway-remembers-releases', 'A gateway answers repeated releases from memory.', remembering('release')),
  fails(
    'release-frees-the-same-number',
    'A release in the second function frees the first one’s instance of that number.',
    afterSuccess('release', ({ fn, instanceId }, { free }, { functions: [first] }) => {
      const seed = fn.instances.findIndex(({ id }) => id === instanceId);
      const other = first.instances[seed];
      if (fn !== first && other?.token != null) free(other);
    }),
  ),
  warns('exited-instance-lost', 'An instance whose function ended by itself is never available again.', {
    ended: (instance) => Object.assign(instance, { pastToken: instance.token, token: null, run: null }),
  }),
  warns('exit-keeps-the-claim', 'An instance whose function ended by itself stays claimed until it is released.', {
    ended: (instance) => {
      instance.run = null;
    },
  }),
  fails('exit-unnoticed', 'An instance whose function has ended is listed as active.', ({ isActive, ended, take }) => {
    const past = new Set<Instance>();
    return {
      ended: (instance) => {
        past.add(instance);
        ended(instance);
      },
      take: (instance, token) => {
        past.delete(instance);
        take(instance, token);
      },
      isActive: (instance) => past.has(instance) || isActive(instance),
    };
  }),
  notes('release-after-exit-refused', 'A run that ended by itself cannot be released.', ({ mayRelease, refuse }) => ({
    mayRelease: (instance, call) => (instance.token === null ? refuse.wrongState : mayRelease(instance, call)),
  })),
  notes('release-after-exit-unknown', 'After a run has ended its instance is unknown.', ({ mayRelease, refuse }) => ({
    mayRelease: (instance, call) => (instance.pastToken === null ? mayRelease(instance, call) : refuse.noInstance),
  })),
];
