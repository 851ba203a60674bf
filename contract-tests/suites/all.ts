import type { ContractCase } from '../../src/contract/case.ts';
import { access } from './access.ts';
import { addressing } from './addressing.ts';
import { badInput } from './bad-input.ts';
import { claims } from './claim.ts';

/** The whole contract, in the order in which it is run. */
export const allCases: readonly ContractCase[] = [...access, ...addressing, ...badInput, ...claims];
