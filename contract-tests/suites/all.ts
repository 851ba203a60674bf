import type { ContractCase } from '../../src/contract/case.ts';
import { access } from './access.ts';
import { activeList } from './active.ts';
import { addressing } from './addressing.ts';
import { badInput } from './bad-input.ts';
import { claims } from './claim.ts';
import { coverage } from './coverage.ts';
import { exploration } from './explore.ts';
import { failedStarts } from './failed-starts.ts';
import { inside } from './inside.ts';
import { insideVariables } from './inside-variables.ts';
import { leases } from './lease.ts';
import { line } from './line.ts';
import { pool } from './pool.ts';
import { releases } from './release.ts';
import { spawns } from './spawn.ts';
import { spawnVariables } from './spawn-variables.ts';
import { tokens } from './tokens.ts';
import { turns } from './turns.ts';

/** The whole contract, in the order in which it is run: what asks little of the target first. */
export const allCases: readonly ContractCase[] = [
  ...access,
  ...addressing,
  ...badInput,
  ...activeList,
  ...claims,
  ...spawns,
  ...spawnVariables,
  ...releases,
  ...inside,
  ...insideVariables,
  ...pool,
  ...tokens,
  ...turns,
  ...failedStarts,
  ...line,
  ...leases,
  ...exploration,
  ...coverage,
];
