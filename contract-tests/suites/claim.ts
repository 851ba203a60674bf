import type { ContractCase } from '../../src/contract/case.ts';
import { claim } from '../../src/contract/moves.ts';

export const claims: readonly ContractCase[] = [
  {
    id: 'CLAIM-001',
    requirement: 'Claim reserves an instance and answers it with its network and the token.',
    evidence: 'documented',
    level: 'claim',
    operations: ['claimInstance'],
    run: async (s) => {
      await claim(s);
    },
  },
  {
    id: 'CLAIM-002',
    requirement: 'Two claims one after the other reserve two instances.',
    evidence: 'documented',
    level: 'claim',
    operations: ['claimInstance'],
    run: async (s) => {
      const one = await claim(s);
      const other = await claim(s);
      s.check(one.instance !== other.instance, {
        rule: 'A reserved instance is granted to nobody else.',
        expected: 'two instances',
        came: `${one.instance} twice`,
        about: other.answer,
      });
    },
  },
];
