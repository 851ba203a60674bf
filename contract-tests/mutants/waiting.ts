import { type Mutant, refuseAs } from './mutant.ts';

/** The line of claims that wait for an instance. */
export const waitingMutants: readonly Mutant[] = [
  {
    name: 'line-last-first',
    description: 'Of the waiting claims the last one is served first.',
    expect: 'warn',
    apply: (rules) => {
      rules.nextInLine = (line) => line.at(-1);
    },
  },
  {
    name: 'line-missing',
    description: 'A claim does not wait: it fails at once when no instance is free.',
    expect: 'warn',
    apply: (rules) => {
      rules.wait = () => Promise.resolve(null);
    },
  },
  {
    name: 'line-endless',
    description: 'A claim waits for as long as no instance becomes free.',
    expect: 'warn',
    apply: (rules) => {
      rules.queueMs = 3_600_000;
    },
  },
  {
    name: 'line-asleep',
    description: 'A waiting claim does not notice that an instance has become free.',
    expect: 'warn',
    apply: (rules) => {
      rules.nextInLine = () => undefined;
    },
  },
  {
    name: 'line-asleep-when-a-claim-ends',
    description: 'A waiting claim does not notice that another claim’s ten seconds are over.',
    expect: 'warn',
    apply: (rules) => {
      const { free, nextInLine } = rules;
      rules.expire = (instance) => {
        rules.nextInLine = () => undefined;
        free(instance);
        rules.nextInLine = nextInLine;
      };
    },
  },
  {
    name: 'line-asleep-when-a-run-ends',
    description: 'A waiting claim does not notice that a function has ended by itself.',
    expect: 'warn',
    apply: (rules) => {
      const { ended, nextInLine } = rules;
      rules.ended = (instance) => {
        rules.nextInLine = () => undefined;
        ended(instance);
        rules.nextInLine = nextInLine;
      };
    },
  },
  {
    name: 'line-serves-two',
    description: 'Two waiting claims get the one instance that becomes free.',
    expect: 'fail',
    apply: (rules) => {
      rules.nextInLine = ([first, second]) =>
        first && second
          ? { ...first, grant: (instance) => [first, second].forEach(({ grant }) => void grant(instance)) }
          : first;
    },
  },
  {
    name: 'line-keeps-the-gone',
    description: 'A caller that hung up while it waited is granted an instance all the same.',
    expect: 'warn',
    apply: (rules) => {
      const { wait } = rules;
      rules.wait = (call, fn) => wait({ ...call, hungUp: new AbortController().signal }, fn);
    },
  },
  {
    name: 'line-ends-as-not-ready',
    description: 'A claim that waited in vain answers 503.not-ready.',
    expect: 'info',
    apply: (rules) => refuseAs(rules, 'noneFree', '503.not-ready'),
  },
];
