import type { operations } from '../../src/openapi/wire-types.ts';
import type { Evidence } from '../../src/profile/questions.ts';

/** How much a case touches the target, the least first; a run includes every level up to its own. */
export const levels = ['probe', 'claim', 'lifecycle', 'disruptive'] as const;
export type Level = (typeof levels)[number];

export const includesLevel = (upTo: Level, level: Level): boolean => levels.indexOf(level) <= levels.indexOf(upTo);

/** What a case comes to, the worst first. */
export const outcomes = ['error', 'fail', 'warn', 'known-difference', 'info', 'skip', 'pass'] as const;
export type Outcome = (typeof outcomes)[number];

/** What a broken statement of each strength comes to. */
export const outcomeOfBroken: { readonly [Name in Evidence]: Outcome } = {
  documented: 'fail',
  inferred: 'warn',
  'our-choice': 'info',
};

/** The API's operations by their `operationId`. */
export type Operation = keyof operations;

export const operationNames = [
  'claimInstance',
  'spawnInstance',
  'releaseInstance',
  'getActiveInstances',
] as const satisfies readonly Operation[];

/** The verdict on a target, and the exit code that says it to a shell. */
export const exitCodes = {
  conforms: 0,
  broken: 1,
  /** Settings are impossible, or no documented case ran: nothing was said about the target. */
  'nothing-said': 2,
  /** What was tried keeps the contract, and not all could be tried. */
  incomplete: 2,
  /** Nothing answers, what answers is no scheduler, or the key is refused. */
  unreachable: 3,
  /** The contract holds, but something could not be given back. */
  leftovers: 4,
  /** The suite itself is at fault. */
  'suite-error': 5,
  /** Somebody asked the run to stop; 128 + SIGINT, as shells have it. */
  interrupted: 130,
} as const;
export type Verdict = keyof typeof exitCodes;
