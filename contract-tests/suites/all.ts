import type { ContractCase } from '../../src/contract/case.ts';
import { access } from './access.ts';
import { claims } from './claim.ts';

/** The whole contract, in the order in which it is run. */
export const allCases: readonly ContractCase[] = [...access, ...claims];
