import '../../src/shared/forward-declarations.ts';
import type { Level } from './result.ts';

/** The options of a run. Only the target itself has no default. */
export type ContractOptions = {
  /** The scheduler's base URL, for instance `http://127.0.0.1:4280`. */
  readonly url: string;
  /** One of the scheduler's access keys. Appears in no result, report or message. */
  readonly accessKey: string;
  /** IDs of function containers. Most cases use the first; those that need two functions use the second as well. */
  readonly containers: readonly string[];
  /** ID of a container of the same environment that is no function; without it that question is not asked. */
  readonly nonFunctionContainer?: string;
  /** `disruptive`, everything, for loopback targets without it; `claim` for all others. */
  readonly level?: Level;
  /** IDs or their beginnings (`CLAIM`, `CLAIM-007`): run only these, or all but these. */
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  /**
   * Moves the target's clock on. With it waiting takes no time; without it waiting is real. Resolves once what falls due
   * has happened.
   */
  readonly advanceClock?: (ms: number) => Promise<void>;
  readonly callback?: CallbackOptions;
  /** Where functions are reached over HTTP; without it the cases about that are skipped. */
  readonly linked?: LinkedOptions;
  /** The functions end by themselves soon after their start: cases that need them to go on are skipped. */
  readonly endsByItself?: boolean;
  readonly bounds?: Bounds;
  /**
   * How long random histories are tried in the end; 0 for none. Without it 5 seconds at level `claim`, 10 at `lifecycle`,
   * 20 at `disruptive`, and no more than 5 where the clock can be moved. A quarter is kept for shortening what was found.
   */
  readonly exploreSeconds?: number;
  /** Which histories: a whole number below 2³². Without it others in each run. */
  readonly seed?: number;
  /** How long an answer may take; 30,000 without it. Must be more than the function's `max_queue_time`. */
  readonly requestTimeoutMs?: number;
  /**
   * The real time the target may take for what it does by itself, such as making an instance or ending a process; 3,000
   * without it. A case waits that long only where nothing happens.
   */
  readonly settleMs?: number;
  readonly knownDifferences?: readonly KnownDifference[];
  /** Folder for the file of open claims; false keeps none. In the user's state folder without it. */
  readonly ledgerFolder?: string | false;
  /** Also what is inferred or our choice must be as expected for the verdict `conforms`. */
  readonly strict?: boolean;
  /** Where settings came from, by name, for the reports. */
  readonly sources?: Readonly<Record<string, string>>;
  /** Receives the progress of the run, without secrets. */
  readonly onProgress?: (progress: Progress) => void;
  /** Ends the run early; what it holds is still released. */
  readonly signal?: AbortSignal;
};

/** Where functions report to, for the cases that look into them. See fixtures/probe. */
export type CallbackOptions = {
  /**
   * `auto`: the cases are skipped when the function does not report; `required`: that is a failure, because the function
   * is known to be the probe; `off`: they are skipped. `auto` without it for loopback targets and with `url`, else `off`.
   */
  readonly mode?: 'auto' | 'required' | 'off';
  /**
   * The receiver's base URL as functions see it; the run's own path is appended. Without it
   * `http://host.docker.internal:<port>`.
   */
  readonly url?: string;
  /** Where the receiver listens: 0.0.0.0 and a free port without it. */
  readonly host?: string;
  readonly port?: number;
};

/** A gateway that starts an instance for each request. The functions behind it have to be the probe. See fixtures/probe. */
export type LinkedOptions = {
  /** The gateway's base URL. */
  readonly url: string;
  /** The Host header of each function, in the order of `containers`. Without it the URL's own host names the first. */
  readonly hosts?: readonly string[];
  /** The Host header of a function that listens some seconds after its start. */
  readonly lateHost?: string;
  /** The Host header of a function that never listens. */
  readonly silentHost?: string;
};

/** What a run may cost. No bound without a number. */
export type Bounds = { readonly maxSpawns?: number; readonly maxClaims?: number; readonly maxSeconds?: number };

/** An accepted deviation. It is an error once the target no longer deviates. */
export type KnownDifference = {
  readonly id: string;
  readonly reason: string;
  readonly link?: string;
  /** The day it was accepted, `2025-06-01`. */
  readonly date: string;
};

export type Progress =
  | { readonly type: 'target'; readonly url: string; readonly level: Level; readonly cases: number }
  | { readonly type: 'case-started'; readonly id: string; readonly requirement: string }
  | { readonly type: 'case-ended'; readonly case: import('./result.ts').CaseResult }
  | { readonly type: 'cleaning'; readonly open: number };
