import type { operations } from '../../src/openapi/wire-types.ts';
import type { Evidence, RecordedAnswer } from '../../src/profile/questions.ts';

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
  /** The contract holds, but something could not be released. */
  leftovers: 4,
  /** The suite itself is at fault. */
  'suite-error': 5,
  /** The user stopped the run; 128 + SIGINT, as in shells. */
  interrupted: 130,
} as const;
export type Verdict = keyof typeof exitCodes;

/** All a run found out; the reports are written from it. Holds no secrets. Durations in milliseconds. */
export type ContractResult = {
  readonly verdict: Verdict;
  readonly exitCode: number;
  /** The verdict in one line. */
  readonly message: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly suite: { readonly version: string; readonly apiVersion: string };
  readonly target: { readonly url: string; readonly address: string | null };
  readonly settings: EffectiveSettings;
  /** What the reader has to know of the run itself. */
  readonly warnings: readonly string[];
  /** One for each rule that is broken, the worst and first met first. */
  readonly findings: readonly Finding[];
  /** What the run has given up, or not come to. Where there is any, the verdict is not `conforms`. */
  readonly untried: readonly Untried[];
  readonly counts: { readonly [Name in Outcome]: number };
  readonly cases: readonly CaseResult[];
  /** Defects of the public description that the run came across; none is charged to the target. */
  readonly defects: readonly DefectSighting[];
  /** What the target answers where nothing public says, by question. */
  readonly answers: Answers;
  readonly leftovers: readonly Leftover[];
};

/** A broken rule, with all that met it. */
export type Finding = {
  readonly outcome: Outcome;
  readonly evidence: Evidence;
  readonly rule: string;
  /** Those whose answers broke it; none where it is about no single answer. */
  readonly operations: readonly Operation[];
  /** IDs of the cases that met it, in the order of the run. */
  readonly cases: readonly string[];
  /** How often it was met. */
  readonly checks: number;
  /** When it was first met. */
  readonly expected: string;
  readonly came: string;
  /** Of what random histories have found. */
  readonly repetition?: Repetition;
};

/** Cases that were not tried to their end, by reason. */
export type Untried = { readonly reason: string; readonly cases: readonly string[] };

/** The options in force, secrets taken out. */
export type EffectiveSettings = { readonly [name: string]: unknown };

export type CaseResult = {
  readonly id: string;
  readonly requirement: string;
  readonly evidence: Evidence;
  readonly level: Level;
  readonly operations: readonly Operation[];
  readonly questions?: readonly string[];
  readonly outcome: Outcome;
  /** Why, in one line; empty for a pass. */
  readonly message: string;
  readonly durationMs: number;
  readonly checks: readonly Check[];
  readonly steps: readonly Step[];
  readonly defects: readonly DefectNumber[];
  /** Of the case that explores: what was tried and found. */
  readonly exploration?: Exploration;
};

/** Random histories, and what contradicted the model in them. */
export type Exploration = {
  /** The run’s; with it the same histories come again as far as the target is the same. */
  readonly seed: number;
  readonly histories: number;
  readonly requests: number;
  readonly contradictions: readonly (Repetition & {
    readonly rule: string;
    /** The history’s own. */
    readonly seed: number;
    /** It was seen again when the history was walked once more. */
    readonly isReplayed: boolean;
  })[];
};

/** How to see a contradiction again. */
export type Repetition = {
  /** A phrase: whether it came again, and whether the history could be shortened. */
  readonly seen: string;
  /** The moves of the shortest history that has shown it by itself; never empty. */
  readonly history: readonly string[];
  /** Walks that history first, with the access key from the environment. */
  readonly command: string;
};

/** One statement held against what came. */
export type Check = {
  readonly evidence: Evidence;
  readonly rule: string;
  readonly expected: string;
  readonly came: string;
  readonly met: boolean;
  /** The place in the public texts that a documented statement rests on. */
  readonly source?: string;
  /** The index of the step it is about. */
  readonly step?: number;
  readonly operation?: Operation;
};

/** One request and what came of it. */
export type Step = {
  readonly operation: Operation | null;
  readonly request: RecordedRequest;
  /** Null where none came. */
  readonly response: RecordedResponse | null;
  /** Why none came. */
  readonly failure: string | null;
  /** Since the start of the case. */
  readonly atMs: number;
  readonly durationMs: number;
};

export type RecordedRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
};

export type RecordedResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type DefectNumber = 'D1' | 'D2' | 'D3' | 'D4' | 'D5' | 'D6' | 'D7' | 'D8' | 'D9' | 'D10';
export type DefectSighting = {
  readonly number: DefectNumber;
  readonly defect: string;
  /** IDs of the cases that met it. */
  readonly cases: readonly string[];
};
export type Answers = { readonly [question: string]: RecordedAnswer };

/** Something the run holds and could not release. */
export type Leftover = {
  readonly container: string;
  readonly instance: string;
  readonly token: string;
  readonly phase: 'claimed' | 'spawned';
  readonly reason: string;
};

/** Ends a case that cannot say anything here; the reason stands in the report. */
export class CaseSkipped extends Error {
  override readonly name: string = 'CaseSkipped';
}

/**
 * Ends a case that other cases were in the way of: that found too few instances while earlier claims still held some, or
 * was served by what another released. It is run again, by itself.
 */
export class Postponed extends CaseSkipped {
  override readonly name = 'Postponed';
}

/** Ends a case that the run has given up before its end: nothing follows from what it has not tried. */
export class NotTried extends CaseSkipped {
  override readonly name = 'NotTried';
}

/** Ends a case in which a check has failed that all the rest depends on. The check is recorded already. */
export class CaseFailed extends Error {
  override readonly name = 'CaseFailed';
}

/** Ends a case because the whole run is to end. */
export class RunInterrupted extends Error {
  override readonly name = 'RunInterrupted';
}
