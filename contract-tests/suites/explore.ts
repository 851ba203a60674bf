import { explore } from '../explore/explore.ts';
import { type ContractCase, exploringCase } from '../kit/case.ts';

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
