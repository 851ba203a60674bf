import type { Fn, Instance } from '../reference/rules.ts';
import { type Mutant, refuseAs } from './mutant.ts';

/** Longer than it takes requests sent at once to come in, shorter than anything that follows an answer. */
const raceMs = 40;

/** Who gets which instance. */
export const claimMutants: readonly Mutant[] = [
  {
    name: 'double-grant-under-concurrency',
    description: 'Claims that come in at the same moment get the same instance.',
    expect: 'fail',
    apply: (rules) => {
      const { claim, pick } = rules;
      rules.claim = async (call) => {
        const seen = pick(call.fn as Fn);
        await new Promise((resolve) => setTimeout(resolve, raceMs));
        if (!seen) return await claim(call);
        rules.take(seen, String(call.fields['token']));
        return { data: rules.claimed(seen, String(call.fields['token'])) };
      };
    },
  },
  {
    name: 'answers-mixed-up-under-concurrency',
    description: 'Of claims that come in at the same moment all are answered the last one’s token.',
    expect: 'fail',
    apply: (rules) => {
      const { claim, claimed } = rules;
      let last = '';
      rules.claim = async (call) => {
        last = String(call.fields['token']);
        await new Promise((resolve) => setTimeout(resolve, raceMs));
        return await claim(call);
      };
      rules.claimed = (instance) => claimed(instance, last);
    },
  },
  {
    name: 'double-grant',
    description: 'The same instance is granted again and again while it is claimed.',
    expect: 'fail',
    apply: (rules) => {
      rules.pick = (fn) => fn.instances.find(({ run }) => run === null);
    },
  },
  {
    name: 'double-grant-under-one-token',
    description: 'A token that holds an instance gets the same one once more.',
    expect: 'warn',
    apply: (rules) => {
      const { claim } = rules;
      rules.claim = async (call) => {
        const token = String(call.fields['token']);
        const held = call.fn?.instances.find((instance) => instance.token === token && !instance.run);
        return held ? { data: rules.claimed(held, token) } : await claim(call);
      };
    },
  },
  {
    name: 'same-token-refused',
    description: 'A token that holds an instance gets no second one.',
    expect: 'warn',
    apply: (rules) => {
      const { claim } = rules;
      const refused = { status: 409, code: '409.duplicate-found', title: 'Token in use' };
      rules.claim = async (call) =>
        call.fn?.instances.some((instance) => instance.token === call.fields['token'])
          ? { rejection: refused }
          : await claim(call);
    },
  },
  {
    name: 'instances-of-another-function',
    description: 'A claim of the second function reserves an instance of the first.',
    expect: 'fail',
    apply: (rules, reference) => {
      const { claim } = rules;
      rules.claim = (call) => claim({ ...call, fn: reference.functions[0] ?? null });
    },
  },
  {
    name: 'instance-invented',
    description: 'A claim answers an instance ID that nothing else knows.',
    expect: 'fail',
    apply: (rules) => {
      const { claimed } = rules;
      let count = 0;
      rules.claimed = (instance, token) => {
        count += 1;
        return { ...claimed(instance, token), instance_id: `beef${String(count).padStart(20, '0')}` };
      };
    },
  },
  {
    name: 'claim-reserves-nothing',
    description: 'A claim answers an instance and forgets about it.',
    expect: 'fail',
    apply: (rules) => {
      rules.take = () => {};
    },
  },
  {
    name: 'claim-starts',
    description: 'A claim starts the instance.',
    expect: 'fail',
    apply: (rules) => {
      const { isActive } = rules;
      rules.isActive = (instance) => instance.token !== null || isActive(instance);
    },
  },
  {
    name: 'pool-shrinks-on-refused-spawns',
    description: 'An instance whose spawn was refused once is never available again.',
    expect: 'fail',
    apply: (rules) => {
      const { maySpawn, pick } = rules;
      const lost = new Set<Instance>();
      rules.maySpawn = (instance, token, call) => {
        const rejection = maySpawn(instance, token, call);
        if (rejection) lost.add(instance);
        return rejection;
      };
      rules.pick = (fn) => {
        const free = fn.free.filter((instance) => !lost.has(instance));
        return pick({ ...fn, free });
      };
    },
  },
  {
    name: 'newest-instance-first',
    description: 'A claim gets the instance that became available last.',
    expect: 'info',
    apply: (rules) => {
      rules.pick = (fn) => fn.free.at(-1);
    },
  },
  {
    name: 'exhausted-grants-taken',
    description: 'While all instances are taken, a claim gets one of those.',
    expect: 'fail',
    apply: (rules) => {
      const { pick } = rules;
      rules.pick = (fn) => pick(fn) ?? fn.instances[0];
    },
  },
  {
    name: 'exhausted-grants-nothing',
    description: 'While all instances are taken, a claim answers 200 without an instance.',
    expect: 'fail',
    apply: (rules) => {
      const { claim } = rules;
      rules.claim = async (call) => (rules.pick(call.fn as Fn) ? await claim(call) : { data: null });
    },
  },
  {
    name: 'exhausted-answers-500',
    description: 'While all instances are taken, a claim answers an internal error.',
    expect: 'warn',
    apply: (rules) => refuseAs(rules, 'noneFree', '500.unknown'),
  },
];
