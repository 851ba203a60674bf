import { accessMutants } from './access.ts';
import { activeMutants } from './active.ts';
import { claimMutants } from './claims.ts';
import { comparisonMutants } from './comparisons.ts';
import { connectionMutants } from './connections.ts';
import { doorMutants } from './doors.ts';
import { errorMutants } from './errors.ts';
import { failedStartMutants } from './failed-starts.ts';
import { concurrencyMutants } from './gateways.ts';
import { habitMutants } from './habits.ts';
import { insightMutants } from './insights.ts';
import { leaseMutants } from './leases.ts';
import { lineMutants } from './lines.ts';
import type { Mutant } from './mutant.ts';
import { refusalMutants } from './refusals.ts';
import { releaseMutants } from './releases.ts';
import { requestMutants } from './requests.ts';
import { runEndMutants } from './run-ends.ts';
import { shapeMutants } from './shapes.ts';
import { spawnMutants } from './spawns.ts';
import { timerMutants } from './timers.ts';
import { tokenMutants } from './tokens.ts';
import { variableTypeMutants } from './variable-types.ts';
import { variableMutants } from './variables.ts';
import { waitingMutants } from './waiting.ts';

/** Every mutant the suite is tried on, by what it is about. */
export const mutantGroups: Readonly<Record<string, readonly Mutant[]>> = {
  Access: accessMutants,
  'Bad requests': requestMutants,
  'Form of errors': errorMutants,
  'Other refusals than the emulator’s': refusalMutants,
  'Form of good answers': shapeMutants,
  Connections: connectionMutants,
  Claims: claimMutants,
  Tokens: tokenMutants,
  Leases: leaseMutants,
  'Waiting in line': waitingMutants,
  Spawns: spawnMutants,
  'Failed starts': failedStartMutants,
  Variables: variableMutants,
  'Forms of variables': variableTypeMutants,
  Releases: releaseMutants,
  'Ends of runs': runEndMutants,
  'Active instances': activeMutants,
  'How languages and stores compare': comparisonMutants,
  'One timer for several things': timerMutants,
  'Ways past the key': doorMutants,
  'Several things at once': concurrencyMutants,
  'The line while other things happen': lineMutants,
  'Inside the function': insightMutants,
  'Habits of servers': habitMutants,
};

export const mutants: readonly Mutant[] = Object.values(mutantGroups).flat();
