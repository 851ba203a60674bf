import { setTimeout as sleep } from 'node:timers/promises';
import type { Instance } from '../reference/rules.ts';
import { fails, type Mutant, notes, raceMs, remembering, warns } from './mutant.ts';

/** The instance `offset` places further, round and round. */
const neighbour = (instance: Instance, offset: number): Instance =>
  instance.fn.instances.at((instance.seed + offset) % instance.fn.instances.length) ?? instance;

/** What spawn takes, and what it starts. */
export const spawnMutants: readonly Mutant[] = [
  fails('spawn-of-unknown-instance', 'Spawn of an unknown instance answers 200.', ({ spawn, find, spawned }) => ({
    spawn: async (call) => {
      const [sample] = call.fn.instances;
      if (sample === undefined || find(call.fn, call.instanceId)) return await spawn(call);
      return { data: { ...spawned(sample, call.token), instance_id: call.instanceId } };
    },
  })),
  fails('spawn-without-claim', 'Any caller can spawn a free instance by its ID.', ({ maySpawn, take }) => ({
    maySpawn: (instance, call) => {
      if (instance.token === null) take(instance, call.token);
      return maySpawn(instance, call);
    },
  })),
  warns('spawn-twice', 'A claim that was spawned can be spawned again.', ({ maySpawn, holds }) => ({
    maySpawn: (instance, call) => (instance.run && holds(instance, call.token, call) ? null : maySpawn(instance, call)),
  })),
  notes('spawn-twice-at-once', 'Two spawns of a claim at the same moment are both accepted.', ({ start }) => ({
    start: async (instance, environment) => {
      const { spawnedAt } = instance;
      instance.spawnedAt = null;
      await sleep(raceMs);
      instance.spawnedAt = spawnedAt;
      await start(instance, environment);
    },
  })),
  fails('spawn-of-another-function', 'Spawn finds instances of all functions.', ({ find }, { functions }) => ({
    find: (_fn, id) => functions.map((fn) => find(fn, id)).find(Boolean),
  })),
  fails('spawn-starts-nothing', 'Spawn answers 200 and starts nothing.', { start: () => {} }),
  fails('spawn-pretends-to-start', 'Spawn starts nothing, yet the instance is listed.', (_rules, { clock }) => ({
    start: (instance, environment) => {
      const silent = { ...environment, PROBE_CALLBACK_URL: '' };
      instance.run = { environment: silent, startedAt: clock.now(), end: null };
    },
  })),
  fails('spawn-answers-before-start', 'Spawn answers two seconds before the start.', ({ start }, { alarm }) => ({
    start: (instance, environment) => {
      const { token } = instance;
      alarm(2_000, () => (instance.token === token ? start(instance, environment) : undefined));
    },
  })),
  warns(
    'spawn-answers-before-the-start',
    'Spawn answers as soon as the start is ordered.',
    ({ start, isActive, stateOf }, { clock }) => {
      const starting = new Set<Instance>();
      return {
        isActive: (instance) => starting.has(instance) || isActive(instance),
        stateOf: (instance) => (starting.has(instance) ? 'starting' : stateOf(instance)),
        start: (instance, environment) => {
          starting.add(instance);
          const { token } = instance;
          setTimeout(() => {
            starting.delete(instance);
            if (instance.token !== token) return;
            instance.spawnedAt = clock.now();
            void start(instance, environment);
          }, 500);
        },
      };
    },
  ),
  fails('spawn-starts-two', 'Spawn starts the function twice.', ({ start }) => ({
    start: async (instance, environment) => {
      await start(instance, environment);
      await start(instance, environment);
    },
  })),
  fails('spawn-starts-a-neighbour', 'Spawn starts another instance than it should.', ({ environment, isActive }) => ({
    environment: (instance, given) => environment(neighbour(instance, 1), given),
    isActive: (instance) => isActive(neighbour(instance, -1)),
  })),
  fails('spawn-answers-a-neighbour', 'Spawn answers the ID of another instance than it starts.', ({ spawned }) => ({
    spawned: (instance, token) => ({ ...spawned(instance, token), instance_id: neighbour(instance, 1).id }),
  })),
  fails('spawn-ends-the-claim', 'An instance at work can be claimed by the next caller.', ({ start }) => ({
    start: async (instance, environment) => {
      await start(instance, environment);
      instance.fn.free.push(instance);
    },
  })),
  fails('spawn-forgets-the-claim', 'An instance at work cannot be released: its claim is forgotten.', ({ start }) => ({
    start: async (instance, environment) => {
      await start(instance, environment);
      instance.token = null;
    },
  })),
  fails('gateway-remembers-spawns', 'A gateway answers repeated spawns from memory.', remembering('spawn')),
  fails('instance-compared-as-number', 'Instance IDs are compared as numbers of double precision.', {
    find: (fn, id) =>
      fn.instances.find((instance) => instance.id === id) ??
      fn.instances.find(({ token, id: own }) => token !== null && Number(`0x${own}`) === Number(`0x${id}`)),
  }),
  fails('instance-compared-by-its-end', 'Instances are found by the last eight digits of their IDs.', {
    find: (fn, id) => fn.instances.find((instance) => instance.id.slice(-8) === id.slice(-8)),
  }),
  notes('failed-start-as-200', 'A failed start answers 200.', ({ spawned, free }) => ({
    startFailed: (instance) => {
      const data = spawned(instance, instance.token ?? '');
      free(instance);
      return { data };
    },
  })),
  fails('failed-start-loses-the-instance', 'A failed start loses its instance for good.', ({ refuse }) => ({
    startFailed: (instance) => {
      instance.token = null;
      return { rejection: refuse.failed };
    },
  })),
  fails('failed-start-keeps-the-claim', 'A failed start keeps its claim for good.', ({ refuse }) => ({
    startFailed: () => ({ rejection: refuse.failed }),
  })),
];
