import type { ContractCase } from '../../src/contract/case.ts';
import { explore } from '../../src/contract/explore/explore.ts';
import { exploringCase } from '../../src/contract/explore/exploring-case.ts';

/** What no other case names. */
export const exploration: readonly ContractCase[] = [
  {
    ...exploringCase,
    source: 'functions',
    requirement: 'Whatever is asked in whichever order, no answer contradicts those before it.',
    operations: ['claimInstance', 'spawnInstance', 'releaseInstance', 'getActiveInstances'],
    run: explore,
  },
];
