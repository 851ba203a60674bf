import type { components, operations } from '../openapi/wire-types.ts';

/** What the description calls an operation, by the word in its path. */
export const operationNames = ['claim', 'spawn', 'release', 'active'] as const;
export type FaultOperation = (typeof operationNames)[number];

export const operationOf: { readonly [Name in keyof operations]: FaultOperation } = {
  claimInstance: 'claim',
  spawnInstance: 'spawn',
  releaseInstance: 'release',
  getActiveInstances: 'active',
};

type WireStatus = components['schemas']['Error']['status'];
type WireCode = components['schemas']['ErrorCode'];

/** Every status of the public description. */
export const errorStatuses = [
  400, 401, 403, 404, 409, 415, 422, 500, 501, 502, 503, 504,
] as const satisfies readonly WireStatus[];

/** The codes a caller of a scheduler may meet; the platform's others are about things a scheduler does not have. */
export const faultCodes = [
  '400.invalid-syntax',
  '401.auth-expired',
  '401.auth-invalid',
  '403.expired',
  '403.invalid-ip',
  '403.invalid-state',
  '403.mismatch',
  '403.not-allowed',
  '403.not-ready',
  '403.permissions',
  '404.container',
  '404.instance',
  '404.uri',
  '409.duplicate-found',
  '415.invalid-content-type',
  '422.already-exists',
  '422.invalid-argument',
  '422.invalid-input',
  '422.max-exceeded',
  '422.missing-argument',
  '422.not-compatible',
  '429.rate-limiting',
  '500.database',
  '500.unknown',
  '503.dependency-not-enabled',
  '503.not-enabled',
  '503.not-ready',
  '504.not-available',
] as const satisfies readonly WireCode[];

/** Which requests, or which runs, a fault is for. What is left out fits everything. */
export type FaultMatch = {
  /** For faults of requests alone: a run knows no operation. */
  readonly operation?: FaultOperation;
  /** Identifier or ID of a function's container. */
  readonly function?: string;
  /** The claim's token; `*` stands for any text. Compared, and never logged. */
  readonly token?: string;
  /** Fires at the nth of what fits, counted from 1, and at no other. */
  readonly nth?: number;
  /** From 0 to 1. Which of the moments it hits follows from the seed and the fault's ID. */
  readonly probability?: number;
  /** Fires so many times and no more. */
  readonly times?: number;
};

/** What goes wrong between the caller and the scheduler. */
export type RequestEffect =
  /** The request reaches the scheduler this much later. */
  | { readonly type: 'delay'; readonly ms: number }
  /** The scheduler answers this error and does nothing. Without a status it is the code's own. */
  | { readonly type: 'error'; readonly code: (typeof faultCodes)[number]; readonly status?: WireStatus }
  /** The connection is reset: before the scheduler has done anything, or after it has done all and before it answers. */
  | { readonly type: 'reset'; readonly when?: 'before' | 'after' }
  /** The scheduler does what it should; its answer breaks off in the middle, or is a page of HTML. */
  | { readonly type: 'malformed'; readonly how?: 'cut' | 'html' };

/** What goes wrong in a container's life. */
export type RunEffect =
  /** The process starts this much later. */
  | { readonly type: 'slowStart'; readonly ms: number }
  /** The container does not start. */
  | { readonly type: 'startFailure'; readonly reason?: string }
  /** The image was removed since the container was prepared. */
  | { readonly type: 'imageMissing' }
  /** The process exits by itself; at once without a time, with 1 without a code. */
  | { readonly type: 'exitAfter'; readonly ms?: number; readonly code?: number }
  /** The process is killed for lack of memory; at once without a time. */
  | { readonly type: 'outOfMemory'; readonly ms?: number }
  /** No signal reaches the process: it lives until the kill after the grace. */
  | { readonly type: 'hangingStop' };

/** What goes wrong with the place functions run at; seen by requests. */
export type PlaceEffect =
  /** Claims find no instance, and wait in vain as long as `max_queue_time` says. */
  | { readonly type: 'poolExhausted' }
  /** The container runtime does not answer: for this time, or until the fault is removed. */
  | { readonly type: 'dockerAway'; readonly ms?: number };

export type FaultEffect = RequestEffect | RunEffect | PlaceEffect;
export type EffectType = FaultEffect['type'];

/** Something that is to go wrong. Without an ID it gets one. */
export type Fault = { readonly id?: string; readonly match?: FaultMatch; readonly effect: FaultEffect };
