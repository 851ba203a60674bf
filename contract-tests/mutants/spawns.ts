import type { Fn } from '../reference/model.ts';
import { changeData, type Fault } from './fault.ts';

/** What spawn takes, and what it starts. */
export const spawnFaults: readonly Fault[] = [
  {
    name: 'spawn-of-unknown-instance',
    description: 'Spawn of an instance that does not exist answers 200.',
    expect: 'fail',
    apply: (rules) => {
      const { spawn } = rules;
      rules.spawn = async (call) => {
        const fn = call.fn as Fn;
        const [sample] = fn.slots;
        const id = String(call.fields['instance_id']);
        if (sample === undefined || rules.find(fn, id)) return await spawn(call);
        return { data: { ...rules.spawned(sample, String(call.fields['token'])), instance_id: id } };
      };
    },
  },
  {
    name: 'spawn-without-claim',
    description: 'A free instance can be spawned by whoever knows its ID.',
    expect: 'fail',
    apply: (rules) => {
      const { maySpawn } = rules;
      rules.maySpawn = (slot, token, call) => {
        if (slot.token === null) rules.take(slot, token);
        return maySpawn(slot, token, call);
      };
    },
  },
  {
    name: 'spawn-twice',
    description: 'A claim that was spawned can be spawned again.',
    expect: 'warn',
    apply: (rules) => {
      const { maySpawn } = rules;
      rules.maySpawn = (slot, token, call) =>
        slot.run && rules.holds(slot, token, call) ? null : maySpawn(slot, token, call);
    },
  },
  {
    name: 'spawn-twice-at-once',
    description: 'Of two spawns of a claim that come in at the same moment both are accepted.',
    expect: 'info',
    apply: (rules) => {
      const { start } = rules;
      rules.start = async (slot, environment) => {
        const { spawnedAt } = slot;
        slot.spawnedAt = null;
        await new Promise((resolve) => setTimeout(resolve, 40));
        slot.spawnedAt = spawnedAt;
        await start(slot, environment);
      };
    },
  },
  {
    name: 'spawn-of-another-function',
    description: 'Spawn finds instances of all functions, whichever the path names.',
    expect: 'fail',
    apply: (rules, toy) => {
      const { find } = rules;
      rules.find = (_fn, id) => toy.functions.map((fn) => find(fn, id)).find(Boolean);
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
    apply: (rules, toy) => {
      rules.start = (slot, environment) => {
        slot.run = { environment: { ...environment, PROBE_CALLBACK_URL: '' }, startedAt: toy.clock.now(), end: null };
      };
    },
  },
  {
    name: 'spawn-answers-before-start',
    description: 'Spawn answers two seconds before the function is started.',
    expect: 'fail',
    apply: (rules, toy) => {
      const { start } = rules;
      rules.start = (slot, environment) => {
        const { token } = slot;
        toy.alarm(2_000, () => (slot.token === token ? start(slot, environment) : undefined));
      };
    },
  },
  {
    name: 'spawn-starts-two',
    description: 'Spawn starts the function twice.',
    expect: 'fail',
    apply: (rules) => {
      const { start } = rules;
      rules.start = async (slot, environment) => {
        await start(slot, environment);
        await start(slot, environment);
      };
    },
  },
  {
    name: 'spawn-starts-a-neighbour',
    description: 'Spawn starts another instance than the one it was asked for.',
    expect: 'fail',
    apply: (rules) => {
      const { environment, isActive } = rules;
      const next = (slot: Parameters<typeof isActive>[0]) =>
        slot.fn.slots[(slot.seed + 1) % slot.fn.slots.length] ?? slot;
      rules.environment = (slot, given) => environment(next(slot), given);
      rules.isActive = (slot) => slot.fn.slots.some((other) => next(other) === slot && isActive(other));
    },
  },
  {
    name: 'spawn-answers-a-neighbour',
    description: 'Spawn answers the ID of another instance than it starts.',
    expect: 'fail',
    apply: (rules) => {
      const { spawned } = rules;
      rules.spawned = (slot, token) => ({
        ...spawned(slot, token),
        instance_id: slot.fn.slots.find((other) => other !== slot)?.id,
      });
    },
  },
  {
    name: 'spawn-ends-the-claim',
    description: 'An instance at work can be claimed by the next caller.',
    expect: 'fail',
    apply: (rules) => {
      const { start } = rules;
      rules.start = async (slot, environment) => {
        await start(slot, environment);
        slot.fn.free.push(slot);
      };
    },
  },
  {
    name: 'spawn-forgets-the-claim',
    description: 'An instance at work cannot be released: its claim is forgotten.',
    expect: 'fail',
    apply: (rules) => {
      const { start } = rules;
      rules.start = async (slot, environment) => {
        await start(slot, environment);
        slot.token = null;
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
