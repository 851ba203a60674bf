import type { RecordedAnswer } from '../../src/profile/questions.ts';
import type { InspectResponse } from '../inspect/inspect-response.ts';
import type { Redaction } from '../model/json.ts';
import type { ContractOptions, LinkedOptions } from '../model/options.ts';
import type { Level, Operation } from '../model/result.ts';
import type { Callback } from './callback.ts';
import type { ClaimTracker, Grant, Holdings } from './claim-tracker.ts';
import type { Address, Connection } from './connection.ts';
import type { Budget, Deadline, Ground, SuiteClock } from './limits.ts';
import type { Answer } from './requests.ts';

/** When something was answered: on the suite's clock, and by the answer's own header on the target's. */
export type Moment = { readonly at: number; readonly dated: number };

/** A run of an instance, and when each of its steps was answered. */
export type TimedRun = {
  readonly owner: string;
  readonly claimed: Moment;
  readonly spawned: Moment;
  readonly released: Moment;
  readonly answer: Answer;
};

/** A gateway, and the address that all requests to it go to. */
export type LinkedTarget = LinkedOptions & {
  readonly address: Address;
  /** How many requests in a row were not answered. */
  readonly ground: { silences: number };
};

/** What all cases of a run share. */
export type RunContext = {
  readonly accessKey: string;
  readonly containers: readonly string[];
  readonly nonFunctionContainer: string | undefined;
  readonly settleMs: number;
  readonly requestTimeoutMs: number;
  readonly url: string;
  /** Where settings came from. */
  readonly sources: ContractOptions['sources'];
  readonly exploration: { readonly seconds: number; readonly seed: number; readonly level: Level };
  readonly endsByItself: boolean;
  /** The run has the target to itself: what it has given back must be there again. */
  readonly isExclusive: boolean;
  readonly clock: SuiteClock;
  readonly callback: Callback;
  /** Where functions are reached over HTTP; null where the run does not reach them so. */
  readonly linked: LinkedTarget | null;
  readonly holdings: Holdings;
  readonly tracker: ClaimTracker;
  readonly budget: Budget;
  readonly redaction: Redaction;
  readonly inspect: InspectResponse;
  readonly ground: Ground;
  readonly deadline: Deadline;
  /** Stops a case: on request, or when its time is over. */
  readonly signal: AbortSignal;
  /** IDs of the cases under way. */
  readonly running: Set<string>;
  /** IDs of the cases that were given up before their end, and why. */
  readonly untried: Map<string, string>;
  /** Claims of earlier cases that have run out. */
  readonly lapsed: Grant[];
  /** Runs of earlier cases that have been released. */
  readonly timed: TimedRun[];
  /** By how much two claims that joined the line one after the other were refused after each other, by container. */
  readonly apart: Map<string, number>;
  /** How many instances the case may hold while others wait beside it; infinite where none do. */
  readonly share: number;
  /** Operations that have answered at all, and those that have succeeded. */
  readonly reached: Set<Operation>;
  readonly succeeded: Set<Operation>;
  readonly answers: Map<string, RecordedAnswer>;
  /** Operations the target does not have, which older targets need not. */
  readonly missing: Set<Operation>;
  /** The operations that cases of this run ask for, and those they ask for properly, so that they should succeed. */
  readonly expected: { readonly reached: ReadonlySet<Operation>; readonly succeeded: ReadonlySet<Operation> };
  /** How many instances a container's pool comes to, once a case has found out. */
  readonly capacities: Map<string, number>;
  /** Functions that had no instance left for the whole time that ends may lag; they are waited for once. */
  readonly dry: Set<string>;
  /** When a claim in line was last hung up on. */
  readonly lastHangUp: { at: number };
  /** Until the first grant, claims that a run before this one could not release may hold all instances. */
  readonly earlier: { mayHoldAll: boolean };
  /** How many instances of another function than the first were granted promptly, four at most. */
  readonly free: Map<string, number>;
  connect(): Connection;
};
