import { accessMutants } from './access.ts';
import { activeMutants } from './active.ts';
import { errorMutants, shapeMutants } from './answers.ts';
import { claimMutants } from './claims.ts';
import { doorMutants } from './doors.ts';
import { leaseMutants } from './leases.ts';
import { lineMutants } from './lines.ts';
import { linkedMutants } from './linked.ts';
import { linkedEndMutants } from './linked-ends.ts';
import type { Mutant } from './mutant.ts';
import { connectionMutants, refusalMutants } from './refusals.ts';
import { releaseMutants } from './releases.ts';
import { requestMutants } from './requests.ts';
import { spawnMutants } from './spawns.ts';
import { tokenMutants } from './tokens.ts';
import { variableMutants, variableTypeMutants } from './variables.ts';

/** Every mutant the suite is tried on. */
export const mutants: readonly Mutant[] = [
  ...accessMutants,
  ...doorMutants,
  ...requestMutants,
  ...refusalMutants,
  ...connectionMutants,
  ...shapeMutants,
  ...errorMutants,
  ...claimMutants,
  ...tokenMutants,
  ...leaseMutants,
  ...lineMutants,
  ...spawnMutants,
  ...variableMutants,
  ...variableTypeMutants,
  ...releaseMutants,
  ...activeMutants,
  ...linkedMutants,
  ...linkedEndMutants,
];
