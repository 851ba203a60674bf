import { exploration } from '../explore/explore.ts';
import type { ContractCase } from '../kit/case.ts';
import { access } from './access.ts';
import { activeAll, activeList } from './active.ts';
import { addressing } from './addressing.ts';
import { badInput } from './bad-input.ts';
import { claims } from './claim.ts';
import { coverage } from './coverage.ts';
import { door, doorCosts } from './door.ts';
import { inside } from './inside.ts';
import { insideVariables } from './inside-variables.ts';
import { leases, leasesApart } from './lease.ts';
import { crowds, line } from './line.ts';
import { lines } from './lines.ts';
import { linked } from './linked.ts';
import { linkedConnections } from './linked-connections.ts';
import { linkedEnds } from './linked-ends.ts';
import { linkedLine } from './linked-line.ts';
import { oddNames } from './odd-names.ts';
import { oddTokens } from './odd-tokens.ts';
import { pool } from './pool.ts';
import { releases } from './release.ts';
import { spawns, spawnVariables } from './spawn.ts';
import { failedStarts, starts } from './starts.ts';
import { times } from './times.ts';
import { together } from './together.ts';
import { tokens } from './tokens.ts';
import { turns } from './turns.ts';

/** The whole contract, in the order in which it is run: what asks little of the target first. */
export const allCases: readonly ContractCase[] = [
  ...access,
  ...door,
  ...addressing,
  ...badInput,
  ...activeList,
  ...claims,
  ...spawns,
  ...spawnVariables,
  ...starts,
  ...releases,
  ...oddTokens,
  ...oddNames,
  ...inside,
  ...insideVariables,
  ...pool,
  ...activeAll,
  ...tokens,
  ...turns,
  ...doorCosts,
  ...together,
  ...failedStarts,
  ...line,
  ...lines,
  ...crowds,
  ...linked,
  ...linkedConnections,
  ...linkedEnds,
  ...linkedLine,
  ...times,
  ...leases,
  ...leasesApart,
  ...exploration,
  ...coverage,
];
