import type { Fn } from '../reference/rules.ts';
import { changeData, type Mutant } from './mutant.ts';

type Times = { readonly claimed: string; readonly spawned: string | null; readonly released: string };

/** What release takes, and what it ends. */
export const releaseMutants: readonly Mutant[] = [
  {
    name: 'release-stops-nothing',
    description: 'Release answers 200 and lets the function run on.',
    expect: 'fail',
    apply: (rules) => {
      rules.stop = () => {};
    },
  },
  {
    name: 'release-frees-and-lets-run',
    description: 'Release gives the instance to others while the function runs on and is listed as active.',
    expect: 'fail',
    apply: (rules) => {
      const { isActive } = rules;
      const abandoned = new Set<string>();
      rules.stop = (instance) => {
        abandoned.add(instance.id);
      };
      rules.isActive = (instance) => abandoned.has(instance.id) || isActive(instance);
    },
  },
  {
    name: 'release-answers-before-the-stop',
    description: 'Release answers two seconds before the function is stopped.',
    expect: 'info',
    apply: (rules, reference) => {
      const { stop } = rules;
      rules.stop = (instance) => {
        const { run } = instance;
        reference.alarm(2_000, () => stop({ ...instance, run }));
      };
    },
  },
  {
    name: 'release-kills',
    description: 'Release kills the function without a signal that it could act on.',
    expect: 'info',
    apply: (rules) => {
      rules.stop = (instance) => {
        instance.run?.end?.cancel();
        instance.run = null;
      };
    },
  },
  {
    name: 'release-leaves-the-claim',
    description: 'Release stops the function, yet the instance stays claimed.',
    expect: 'fail',
    apply: (rules) => {
      rules.release = async (call) => {
        const token = String(call.fields['token']);
        const instance = rules.find(call.fn as Fn, String(call.fields['instance_id']));
        if (!instance) return { rejection: rules.refuse.noInstance };
        const rejection = rules.mayRelease(instance, token, call);
        if (rejection) return { rejection };
        await rules.stop(instance);
        return { data: rules.released(instance, token) };
      };
    },
  },
  {
    name: 'released-instance-lost',
    description: 'An instance that was released after a run is never available again.',
    expect: 'fail',
    apply: (rules) => {
      const { free } = rules;
      rules.free = (instance) => {
        if (!instance.stopping || instance.spawnedAt === null) return free(instance);
        Object.assign(instance, { token: null, run: null, stopping: false });
      };
    },
  },
  {
    name: 'release-before-spawn-refused',
    description: 'A claim that was not spawned cannot be released.',
    expect: 'info',
    apply: (rules) => {
      const { mayRelease } = rules;
      rules.mayRelease = (instance, token, call) =>
        mayRelease(instance, token, call) ??
        (instance.token !== null && instance.spawnedAt === null ? rules.refuse.wrongState : null);
    },
  },
  {
    name: 'release-before-spawn-keeps',
    description:
      'Releasing a claim that was not spawned answers 200 and keeps the instance until the ten seconds are over.',
    expect: 'warn',
    apply: (rules) => {
      const { release, find } = rules;
      rules.release = async (call) => {
        const token = String(call.fields['token']);
        const instance = find(call.fn as Fn, String(call.fields['instance_id']));
        if (instance?.token !== token || instance.spawnedAt !== null) return await release(call);
        return { data: rules.released(instance, token) };
      };
    },
  },
  {
    name: 'release-twice',
    description: 'An instance without a claim can be released.',
    expect: 'info',
    apply: (rules) => {
      const { mayRelease } = rules;
      rules.mayRelease = (instance, token, call) =>
        instance.token === null ? null : mayRelease(instance, token, call);
    },
  },
  {
    name: 'release-twice-at-once',
    description: 'Of two releases at the same moment both are accepted, and the instance is then available twice.',
    expect: 'fail',
    apply: (rules) => {
      const { free, mayRelease, stop } = rules;
      rules.mayRelease = (instance, token, call) => {
        const { stopping } = instance;
        instance.stopping = false;
        const rejection = mayRelease(instance, token, call);
        instance.stopping = stopping;
        return rejection;
      };
      rules.stop = async (instance) => {
        await new Promise((resolve) => setTimeout(resolve, 40));
        await stop(instance);
      };
      rules.free = (instance) => {
        const isAvailable = instance.fn.free.includes(instance);
        free(instance);
        if (isAvailable) instance.fn.free.push(instance);
      };
    },
  },
  {
    name: 'release-of-unknown-instance',
    description: 'Release of an instance that does not exist answers 200.',
    expect: 'fail',
    apply: (rules) => {
      const { release, find } = rules;
      rules.release = async (call) => {
        const fn = call.fn as Fn;
        const [sample] = fn.instances;
        const id = String(call.fields['instance_id']);
        if (sample === undefined || find(fn, id)) return await release(call);
        return { data: { ...rules.released(sample, String(call.fields['token'])), instance_id: id } };
      };
    },
  },
  {
    name: 'release-answers-another-token',
    description: 'Release answers another token than the claim’s.',
    expect: 'fail',
    apply: (rules) => changeData(rules, ['release'], (data: object) => ({ ...data, token: 'another-token' })),
  },
  {
    name: 'release-answers-a-neighbour',
    description: 'Release answers the ID of another instance.',
    expect: 'fail',
    apply: (rules) => changeData(rules, ['release'], (data: object) => ({ ...data, instance_id: 'c0ffee'.repeat(4) })),
  },
  {
    name: 'release-without-times',
    description: 'Release answers the fields of SpawnedInstance alone, as the public description has it (D2).',
    expect: 'info',
    apply: (rules) =>
      changeData(rules, ['release'], (data: object) => ({
        ...data,
        claimed: undefined,
        spawned: undefined,
        released: undefined,
      })),
  },
  {
    name: 'release-times-as-numbers',
    description: 'Release answers times as milliseconds.',
    expect: 'fail',
    apply: (rules) => changeData(rules, ['release'], (data: Times) => ({ ...data, claimed: Date.parse(data.claimed) })),
  },
  {
    name: 'release-times-without-zone',
    description: 'Release answers times that are no RFC 3339.',
    expect: 'fail',
    apply: (rules) =>
      changeData(rules, ['release'], (data: Times) => ({
        ...data,
        released: data.released.slice(0, 19).replace('T', ' '),
      })),
  },
  {
    name: 'release-times-in-wrong-order',
    description: 'Release answers that the release was before the claim.',
    expect: 'warn',
    apply: (rules) =>
      changeData(rules, ['release'], (data: Times) => ({
        ...data,
        claimed: data.released,
        released: '2001-01-01T00:00:00Z',
      })),
  },
  {
    name: 'release-tells-a-spawn-that-was-not',
    description: 'Releasing a claim that was not spawned answers a time of its spawn.',
    expect: 'warn',
    apply: (rules) =>
      changeData(rules, ['release'], (data: Times) => ({ ...data, spawned: data.spawned ?? data.claimed })),
  },
  {
    name: 'release-conceals-the-spawn',
    description: 'Release after a run answers null for the time of the spawn.',
    expect: 'warn',
    apply: (rules) => changeData(rules, ['release'], (data: object) => ({ ...data, spawned: null })),
  },
];
