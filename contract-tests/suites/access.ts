import type { ContractCase } from '../../src/contract/case.ts';
import { freshToken, observeAnswer, unknownId } from '../../src/contract/moves.ts';
import type { Scenario } from '../../src/contract/scenario.ts';
import type { CaseRequest } from '../../src/contract/target/requests.ts';
import type { Operation } from '../../src/contract/vocabulary.ts';

const isAuthStatus = (status: number): boolean => status === 401 || status === 403;

/** A request that would do as little as possible if it got through. */
const requestOf = (s: Scenario, operation: Operation): CaseRequest => {
  if (operation === 'getActiveInstances') return { operation };
  const token = freshToken(s);
  return { operation, body: operation === 'claimInstance' ? { token } : { token, instance_id: unknownId() } };
};

const withoutKey = (id: ContractCase['id'], operation: Operation): ContractCase => ({
  id,
  requirement: `${operation} refuses requests without an access key.`,
  evidence: 'documented',
  level: 'probe',
  operations: [operation],
  questions: ['missing-key'],
  run: async (s) => {
    const answer = await s.send({ ...requestOf(s, operation), key: { value: null, shown: '' } });
    s.check(isAuthStatus(answer.status), {
      rule: 'Every operation requires an access key.',
      expected: '401 or 403',
      came: String(answer.status),
      about: answer,
    });
    if (isAuthStatus(answer.status)) observeAnswer(s, 'missing-key', answer);
  },
});

export const access: readonly ContractCase[] = [
  withoutKey('ACCESS-001', 'claimInstance'),
  withoutKey('ACCESS-002', 'spawnInstance'),
  withoutKey('ACCESS-003', 'releaseInstance'),
  withoutKey('ACCESS-004', 'getActiveInstances'),
];
