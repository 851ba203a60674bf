import { type Mutant, refuseAs } from './mutant.ts';

/** What happens when a process cannot be started. */
export const failedStartMutants: readonly Mutant[] = [
  {
    name: 'failed-start-as-403',
    description: 'A spawn whose process cannot be started answers 403.invalid-state.',
    expect: 'info',
    apply: (rules) => refuseAs(rules, 'failed', '403.invalid-state'),
  },
  {
    name: 'failed-start-as-200',
    description: 'A spawn whose process cannot be started answers 200.',
    expect: 'info',
    apply: (rules) => {
      rules.startFailed = (instance) => {
        const data = rules.spawned(instance, instance.token ?? '');
        rules.free(instance);
        return { data };
      };
    },
  },
  {
    name: 'failed-start-loses-the-instance',
    description: 'An instance whose process could not be started is never available again.',
    expect: 'fail',
    apply: (rules) => {
      rules.startFailed = (instance) => {
        instance.token = null;
        return { rejection: rules.refuse.failed };
      };
    },
  },
  {
    name: 'failed-start-keeps-the-claim',
    description: 'An instance whose process could not be started stays claimed for good.',
    expect: 'fail',
    apply: (rules) => {
      rules.startFailed = () => ({ rejection: rules.refuse.failed });
    },
  },
  {
    name: 'failed-start-without-envelope',
    description: 'A spawn whose process cannot be started answers the reason as plain text.',
    expect: 'fail',
    apply: (rules) => {
      const { answer } = rules;
      rules.answer = (outcome, call) => {
        const usual = answer(outcome, call);
        return usual.status === 500
          ? { ...usual, headers: { 'content-type': 'text/plain' }, body: 'argument list too long' }
          : usual;
      };
    },
  },
];
