import type { Fault } from './fault.ts';

/** What happens when a function ends by itself. */
export const runEndFaults: readonly Fault[] = [
  {
    name: 'exited-instance-lost',
    description: 'An instance whose function ended by itself is never available again.',
    expect: 'warn',
    apply: (rules) => {
      rules.ended = (slot) => Object.assign(slot, { pastToken: slot.token, token: null, run: null });
    },
  },
  {
    name: 'exit-keeps-the-claim',
    description: 'An instance whose function ended by itself stays claimed until it is released.',
    expect: 'warn',
    apply: (rules) => {
      rules.ended = (slot) => {
        slot.run = null;
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
      rules.ended = (slot) => {
        ended.add(slot.id);
        end(slot);
      };
      rules.take = (slot, token) => {
        ended.delete(slot.id);
        take(slot, token);
      };
      rules.isActive = (slot) => ended.has(slot.id) || isActive(slot);
    },
  },
  {
    name: 'release-after-exit-refused',
    description: 'A run that ended by itself cannot be released.',
    expect: 'info',
    apply: (rules) => {
      const { mayRelease } = rules;
      rules.mayRelease = (slot, token, call) =>
        slot.token === null ? rules.refuse.wrongState : mayRelease(slot, token, call);
    },
  },
  {
    name: 'release-after-exit-unknown',
    description: 'After a run that ended by itself its instance is unknown.',
    expect: 'info',
    apply: (rules) => {
      const { mayRelease } = rules;
      rules.mayRelease = (slot, token, call) =>
        slot.pastToken === null ? mayRelease(slot, token, call) : rules.refuse.noInstance;
    },
  },
];
