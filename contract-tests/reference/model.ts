import type { Alarm } from '../../src/shared/clock.ts';
import type { Rejection } from './rejections.ts';

// The reference scheduler's state is open and mutable, so that a fault can do to it whatever a wrong scheduler might.

export type Operation = 'claim' | 'spawn' | 'release' | 'active';

export type Variables = Readonly<Record<string, string>>;

/** A request, read to its end; what the checks find out about it is added on the way. */
export type Call = {
  readonly method: string;
  readonly path: string;
  readonly key: string | undefined;
  readonly query: URLSearchParams;
  /** As they were written, names and values in turn. */
  readonly rawHeaders: readonly string[];
  readonly contentType: string;
  readonly text: string;
  /** The same for all requests over one connection. */
  readonly connection: object;
  /** Aborts when the caller is gone. */
  readonly hungUp: AbortSignal;
  operation: Operation | null;
  fn: Fn | null;
  fields: Readonly<Record<string, unknown>>;
};

export type Answer = { readonly status: number; readonly headers: Readonly<Record<string, string>>; body: string };

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
