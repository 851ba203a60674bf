import { group, operationNames } from '../kit/index.ts';

const define = group({ evidence: 'documented', source: 'path', level: 'probe', operations: [] });

/** About the run itself: a suite that could not ask has not been answered. */
export const coverage = [
  define('RUN-001', 'Every operation was reached, and those that the level uses have succeeded at least once.', (s) => {
    const { expected, budget, missing, reached, succeeded, untried } = s.run;
    if (budget.hasRefused) s.skip('the run was bounded');
    if (untried.size > 0) s.skip('cases were given up before their end');
    for (const operation of operationNames.filter((name) => !missing.has(name))) {
      if (expected.reached.has(operation)) {
        const rule = 'A scheduler serves all operations.';
        const came = reached.has(operation) ? operation : 'never reached';
        s.check(reached.has(operation), { rule, expected: operation, came });
      }
      // Where functions end by themselves there may never have been anything to release.
      const isOver = s.run.endsByItself && operation === 'releaseInstance';
      if (expected.succeeded.has(operation) && !isOver) {
        const rule = 'An operation that is asked for properly succeeds.';
        const came = succeeded.has(operation) ? `${operation} with 200` : 'no success';
        s.check(succeeded.has(operation), { rule, expected: `${operation} with 200`, came });
      }
    }
    return Promise.resolve();
  }),
];
