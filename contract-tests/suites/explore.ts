import { explore } from '../explore/explore.ts';
import { type ContractCase, exploringCase } from '../kit/case.ts';

/** What no other case names. */
export const exploration: readonly ContractCase[] = [
  {
    ...exploringCase,
    source: 'functions',
    requirement: 'No answer contradicts earlier answers, for any requests in any order.',
    operations: ['claimInstance', 'spawnInstance', 'releaseInstance', 'getActiveInstances'],
    run: explore,
  },
];
