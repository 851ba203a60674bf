import { accessFaults } from './access.ts';
import { activeFaults } from './active.ts';
import { claimFaults } from './claims.ts';
import { comparisonFaults } from './comparisons.ts';
import { connectionFaults } from './connections.ts';
import { doorFaults } from './doors.ts';
import { errorFaults } from './errors.ts';
import { failedStartFaults } from './failed-starts.ts';
import type { Fault } from './fault.ts';
import { concurrencyFaults } from './gateways.ts';
import { habitFaults } from './habits.ts';
import { insightFaults } from './insights.ts';
import { leaseFaults } from './leases.ts';
import { lineFaults } from './lines.ts';
import { refusalFaults } from './refusals.ts';
import { releaseFaults } from './releases.ts';
import { requestFaults } from './requests.ts';
import { runEndFaults } from './run-ends.ts';
import { shapeFaults } from './shapes.ts';
import { spawnFaults } from './spawns.ts';
import { timerFaults } from './timers.ts';
import { tokenFaults } from './tokens.ts';
import { variableTypeFaults } from './variable-types.ts';
import { variableFaults } from './variables.ts';
import { waitingFaults } from './waiting.ts';

/** Every fault the suite is tried on, by what it is about. */
export const faultGroups: Readonly<Record<string, readonly Fault[]>> = {
  Access: accessFaults,
  'Bad requests': requestFaults,
  'Form of errors': errorFaults,
  'Other refusals than the emulator’s': refusalFaults,
  'Form of good answers': shapeFaults,
  Connections: connectionFaults,
  Claims: claimFaults,
  Tokens: tokenFaults,
  Leases: leaseFaults,
  'Waiting in line': waitingFaults,
  Spawns: spawnFaults,
  'Failed starts': failedStartFaults,
  Variables: variableFaults,
  'Forms of variables': variableTypeFaults,
  Releases: releaseFaults,
  'Ends of runs': runEndFaults,
  'Active instances': activeFaults,
  'How languages and stores compare': comparisonFaults,
  'One timer for several things': timerFaults,
  'Ways past the key': doorFaults,
  'Several things at once': concurrencyFaults,
  'The line while other things happen': lineFaults,
  'Inside the function': insightFaults,
  'Habits of servers': habitFaults,
};

export const faults: readonly Fault[] = Object.values(faultGroups).flat();
