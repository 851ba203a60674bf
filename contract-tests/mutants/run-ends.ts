import type { Mutant } from './mutant.ts';

/** What happens when a function ends by itself. */
export const runEndMutants: readonly Mutant[] = [
  {
    name: 'exited-instance-lost',
    description: 'An instance whose function ended by itself is never available again.',
    expect: 'warn',
    apply: (rules) => {
      rules.ended = (instance) => Object.assign(instance, { pastToken: instance.token, token: null, run: null });
    },
  },
  {
    name: 'exit-keeps-the-claim',
    description: 'An instance whose function ended by itself stays claimed until it is released.',
    expect: 'warn',
    apply: (rules) => {
      rules.ended = (instance) => {
        instance.run = null;
      };
    },
  },
  {
    name: 'exit-unnoticed',
    description: 'An instance whose function ended by itself is listed as active.',
    expect: 'fail',
    apply: (rules) => {
      const { isActive } = rules;
      const ended = new Set<string>();
      const { ended: end, take } = rules;
      rules.ended = (instance) => {
        ended.add(instance.id);
        end(instance);
      };
      rules.take = (instance, token) => {
        ended.delete(instance.id);
        take(instance, token);
      };
      rules.isActive = (instance) => ended.has(instance.id) || isActive(instance);
    },
  },
  {
    name: 'release-after-exit-refused',
    description: 'A run that ended by itself cannot be released.',
    expect: 'info',
    apply: (rules) => {
      const { mayRelease } = rules;
      rules.mayRelease = (instance, token, call) =>
        instance.token === null ? rules.refuse.wrongState : mayRelease(instance, token, call);
    },
  },
  {
    name: 'release-after-exit-unknown',
    description: 'After a run that ended by itself its instance is unknown.',
    expect: 'info',
    apply: (rules) => {
      const { mayRelease } = rules;
      rules.mayRelease = (instance, token, call) =>
        instance.pastToken === null ? mayRelease(instance, token, call) : rules.refuse.noInstance;
    },
  },
];
