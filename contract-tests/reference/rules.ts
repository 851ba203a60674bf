import type { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Alarm, MovableClock } from '../../src/shared/clock.ts';

export type Rejection = {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail?: string;
  readonly source?: string;
};

const rejection = (code: string, title: string): Rejection => ({ status: Number(code.slice(0, 3)), code, title });

/** What the reference scheduler refuses with, by the reason. */
export const rejections = {
  badKey: rejection('401.auth-invalid', 'Invalid access key'),
  badPath: rejection('404.uri', 'Unknown path'),
  noContainer: rejection('404.container', 'Unknown container'),
  noFunction: rejection('422.not-compatible', 'Not a function'),
  badType: rejection('415.invalid-content-type', 'Content type not supported'),
  badSyntax: rejection('400.invalid-syntax', 'Malformed JSON'),
  tooLarge: rejection('422.max-exceeded', 'Body too large'),
  missing: rejection('422.missing-argument', 'Missing argument'),
  invalid: rejection('422.invalid-argument', 'Invalid argument'),
  noInstance: rejection('404.instance', 'Unknown instance'),
  wrongToken: rejection('403.mismatch', 'Token mismatch'),
  wrongState: rejection('403.invalid-state', 'Invalid state'),
  noneFree: rejection('504.not-available', 'No instance available'),
  failed: rejection('500.unknown', 'Internal error'),
} as const satisfies Record<string, Rejection>;

export type Refusal = keyof typeof rejections;

// The reference scheduler's state is open and mutable, so that a mutant can imitate any wrong scheduler.

export const operations = ['claim', 'spawn', 'release', 'active'] as const;

export type Operation = (typeof operations)[number];

export type Data = Readonly<Record<string, unknown>>;

export const isData = (value: unknown): value is Data =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export type Variables = Readonly<Record<string, string>>;

/** A request, read to its end; what the checks find out about it is added on the way. */
export type Call = {
  readonly method: string;
  path: string;
  readonly key: string | undefined;
  readonly query: URLSearchParams;
  /** As they were written, names and values in turn. */
  readonly rawHeaders: readonly string[];
  readonly contentType: string;
  text: string;
  /** The same for all requests over one connection. */
  readonly connection: EventEmitter;
  /** Aborts when the caller is gone. */
  readonly hungUp: AbortSignal;
  operation: Operation | null;
  fn: Fn | null;
  fields: Data | null;
};

/** A call that has passed all checks. */
export type Accepted = Call & {
  readonly fn: Fn;
  readonly token: string;
  readonly instanceId: string;
  readonly variables: Variables;
};

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type Outcome = { readonly data: unknown } | { readonly rejection: Rejection };

export type Run = {
  readonly environment: Variables;
  readonly startedAt: number;
  /** Set when the run ends by itself. */
  end: Alarm | null;
};

/** One instance. Without a token it is free. */
export type Instance = {
  id: string;
  readonly seed: number;
  readonly fn: Fn;
  token: string | null;
  claimedAt: number;
  spawnedAt: number | null;
  lease: Alarm | null;
  run: Run | null;
  /** A stop is under way. */
  stopping: boolean;
  /** The token of a run that ended by itself, which may still be released. */
  pastToken: string | null;
};

export type Waiter = { readonly token: string; readonly grant: (instance: Instance | null) => void };

export type Fn = {
  readonly id: string;
  readonly identifier: string;
  readonly instances: Instance[];
  /** The longest-available first. */
  readonly free: Instance[];
  readonly line: Waiter[];
};

/** Finds out one thing about a call, and refuses it where that is wrong. */
type Check = (call: Call) => Rejection | null;

type CheckName =
  | 'checkKey'
  | 'checkPath'
  | 'checkContainer'
  | 'checkSize'
  | 'checkType'
  | 'checkSyntax'
  | 'checkFields';

/** In milliseconds since the epoch. */
export type Times = { readonly claimed: number; readonly spawned: number | null; readonly released: number };

/** All the reference scheduler does, each rule on its own, so that a mutant replaces one and nothing else. */
export type Rules = Record<CheckName, Check> & {
  // Who and what gets in
  checkOrder: readonly CheckName[];
  admits: (call: Call) => boolean;
  refuse: Record<Refusal, Rejection>;

  // Claims
  leaseMs: number;
  queueMs: number;
  claim: (call: Accepted) => Promise<Outcome>;
  /** The free instance for the next claim; it stays free until `take`. */
  pick: (fn: Fn) => Instance | undefined;
  take: (instance: Instance, token: string) => void;
  /** Arms the end of a claim that is not spawned. */
  lease: (instance: Instance) => void;
  expire: (instance: Instance) => void;
  /** Null when none became free in time. */
  wait: (call: Accepted) => Promise<Instance | null>;
  nextInLine: (line: readonly Waiter[]) => Waiter | undefined;
  free: (instance: Instance) => void;

  // Spawns and releases
  find: (fn: Fn, instanceId: string) => Instance | undefined;
  holds: (instance: Instance, token: string, call: Call) => boolean;
  spawn: (call: Accepted) => Promise<Outcome>;
  maySpawn: (instance: Instance, call: Accepted) => Rejection | null;
  release: (call: Accepted) => Promise<Outcome>;
  mayRelease: (instance: Instance, call: Accepted) => Rejection | null;

  // Runs
  environment: (instance: Instance, given: Variables) => Variables;
  canStart: (environment: Variables) => boolean;
  /** The process could not be started. */
  startFailed: (instance: Instance) => Outcome;
  // Both may be asynchronous, and are awaited.
  start: (instance: Instance, environment: Variables) => unknown;
  stop: (instance: Instance) => unknown;
  /** A run has ended by itself. */
  ended: (instance: Instance) => void;

  // Answers
  network: (instance: Instance, operation: Operation) => Data;
  echo: (token: string) => string;
  claimed: (instance: Instance, token: string) => Data;
  spawned: (instance: Instance, token: string) => Data;
  released: (instance: Instance, token: string) => Data;
  times: (instance: Instance) => Times;
  /** A time as release answers it. */
  writeTime: (at: number) => unknown;
  isActive: (instance: Instance) => boolean;
  stateOf: (instance: Instance) => string;
  listed: (instance: Instance) => Data & { readonly state?: Data; readonly events?: Data };
  active: (fn: Fn) => Readonly<Record<string, Data>>;
  envelope: (rejection: Rejection) => Data;
  answer: (outcome: Outcome, call: Call) => Answer;
  send: (response: ServerResponse, answer: Answer, call: Call) => void;
};

/** What all rules work on. */
export type Reference = {
  readonly accessKey: string;
  readonly clock: MovableClock;
  readonly functions: readonly [Fn, Fn];
  readonly rules: Rules;
  /** Like the clock's, but ends with the reference scheduler. */
  readonly alarm: (afterMs: number, ring: () => void) => Alarm;
};

/** Rules in place of the usual ones, which the function is given. */
export type Change = Replacements | ((rules: Rules, reference: Reference) => Replacements);

type Replacements = Partial<Omit<Rules, 'refuse'>> & { readonly refuse?: Partial<Rules['refuse']> };
