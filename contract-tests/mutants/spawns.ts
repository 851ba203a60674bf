import type { Fn } from '../reference/rules.ts';
import { changeData, type Mutant } from './mutant.ts';

/** What spawn takes, and what it starts. */
export const spawnMutants: readonly Mutant[] = [
  {
    name: 'spawn-of-unknown-instance',
    description: 'Spawn of an instance that does not exist answers 200.',
    expect: 'fail',
    apply: (rules) => {
      const { spawn } = rules;
      rules.spawn = async (call) => {
        const fn = call.fn as Fn;
        const [sample] = fn.instances;
        const id = String(call.fields['instance_id']);
        if (sample === undefined || rules.find(fn, id)) return await spawn(call);
        return { data: { ...rules.spawned(sample, String(call.fields['token'])), instance_id: id } };
      };
    },
  },
  {
    name: 'spawn-without-claim',
    description: 'Any caller can spawn a free instance by its ID.',
    expect: 'fail',
    apply: (rules) => {
      const { maySpawn } = rules;
      rules.maySpawn = (instance, token, call) => {
        if (instance.token === null) rules.take(instance, token);
        return maySpawn(instance, token, call);
      };
    },
  },
  {
    name: 'spawn-twice',
    description: 'A claim that was spawned can be spawned again.',
    expect: 'warn',
    apply: (rules) => {
      const { maySpawn } = rules;
      rules.maySpawn = (instance, token, call) =>
        instance.run && rules.holds(instance, token, call) ? null : maySpawn(instance, token, call);
    },
  },
  {
    name: 'spawn-twice-at-once',
    description: 'Of two spawns of a claim that come in at the same moment both are accepted.',
    expect: 'info',
    apply: (rules) => {
      const { start } = rules;
      rules.start = async (instance, environment) => {
        const { spawnedAt } = instance;
        instance.spawnedAt = null;
        await new Promise((resolve) => setTimeout(resolve, 40));
        instance.spawnedAt = spawnedAt;
        await start(instance, environment);
      };
    },
  },
  {
    name: 'spawn-of-another-function',
    description: 'Spawn finds instances of all functions, whichever the path names.',
    expect: 'fail',
    apply: (rules, reference) => {
      const { find } = rules;
      rules.find = (_fn, id) => reference.functions.map((fn) => find(fn, id)).find(Boolean);
    },
  },
  {
    name: 'spawn-starts-nothing',
    description: 'Spawn answers 200 and starts nothing.',
    expect: 'fail',
    apply: (rules) => {
      rules.start = () => {};
    },
  },
  {
    name: 'spawn-pretends-to-start',
    description: 'Spawn starts nothing, yet the instance is listed as active.',
    expect: 'fail',
    apply: (rules, reference) => {
      rules.start = (instance, environment) => {
        instance.run = {
          environment: { ...environment, PROBE_CALLBACK_URL: '' },
          startedAt: reference.clock.now(),
          end: null,
        };
      };
    },
  },
  {
    name: 'spawn-answers-before-start',
    description: 'Spawn answers two seconds before the function is started.',
    expect: 'fail',
    apply: (rules, reference) => {
      const { start } = rules;
      rules.start = (instance, environment) => {
        const { token } = instance;
        reference.alarm(2_000, () => (instance.token === token ? start(instance, environment) : undefined));
      };
    },
  },
  {
    name: 'spawn-starts-two',
    description: 'Spawn starts the function twice.',
    expect: 'fail',
    apply: (rules) => {
      const { start } = rules;
      rules.start = async (instance, environment) => {
        await start(instance, environment);
        await start(instance, environment);
      };
    },
  },
  {
    name: 'spawn-starts-a-neighbour',
    description: 'Spawn starts another instance than the one it was asked for.',
    expect: 'fail',
    apply: (rules) => {
      const { environment, isActive } = rules;
      const next = (instance: Parameters<typeof isActive>[0]) =>
        instance.fn.instances[(instance.seed + 1) % instance.fn.instances.length] ?? instance;
      rules.environment = (instance, given) => environment(next(instance), given);
      rules.isActive = (instance) => instance.fn.instances.some((other) => next(other) === instance && isActive(other));
    },
  },
  {
    name: 'spawn-answers-a-neighbour',
    description: 'Spawn answers the ID of another instance than it starts.',
    expect: 'fail',
    apply: (rules) => {
      const { spawned } = rules;
      rules.spawned = (instance, token) => ({
        ...spawned(instance, token),
        instance_id: instance.fn.instances.find((other) => other !== instance)?.id,
      });
    },
  },
  {
    name: 'spawn-ends-the-claim',
    description: 'An instance at work can be claimed by the next caller.',
    expect: 'fail',
    apply: (rules) => {
      const { start } = rules;
      rules.start = async (instance, environment) => {
        await start(instance, environment);
        instance.fn.free.push(instance);
      };
    },
  },
  {
    name: 'spawn-forgets-the-claim',
    description: 'An instance at work cannot be released: its claim is forgotten.',
    expect: 'fail',
    apply: (rules) => {
      const { start } = rules;
      rules.start = async (instance, environment) => {
        await start(instance, environment);
        instance.token = null;
      };
    },
  },
  {
    name: 'spawn-answers-another-token',
    description: 'Spawn answers another token than the claim’s, while claim echoes it.',
    expect: 'fail',
    apply: (rules) => changeData(rules, ['spawn'], (data: object) => ({ ...data, token: 'another-token' })),
  },
];
