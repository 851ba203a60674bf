import type { ServerResponse } from 'node:http';
import type { Answer, Call, Fn, Instance, Outcome, Variables, Waiter } from './model.ts';
import type { Refusal, Rejection } from './rejections.ts';

export type CheckName = 'key' | 'path' | 'container' | 'size' | 'type' | 'syntax' | 'fields';

/** All the reference scheduler does, each rule on its own, so that a fault replaces one and nothing else. */
export type Rules = {
  // Who and what gets in
  checkOrder: CheckName[];
  checks: Record<CheckName, (call: Call) => Rejection | null>;
  admits: (key: string | undefined, call: Call) => boolean;
  refuse: Record<Refusal, Rejection>;

  // Claims
  leaseMs: number;
  queueMs: number;
  claim: (call: Call) => Promise<Outcome>;
  /** The free instance for the next claim; it stays free until `take`. */
  pick: (fn: Fn) => Instance | undefined;
  take: (instance: Instance, token: string) => void;
  /** Arms the end of a claim that is not spawned. */
  lease: (instance: Instance) => void;
  expire: (instance: Instance) => void;
  /** Null when none became free in time. */
  wait: (call: Call, fn: Fn) => Promise<Instance | null>;
  nextInLine: (line: Waiter[]) => Waiter | undefined;
  free: (instance: Instance) => void;

  // Spawns and releases
  find: (fn: Fn, instanceId: string) => Instance | undefined;
  holds: (instance: Instance, token: string, call: Call) => boolean;
  spawn: (call: Call) => Promise<Outcome>;
  maySpawn: (instance: Instance, token: string, call: Call) => Rejection | null;
  release: (call: Call) => Promise<Outcome>;
  mayRelease: (instance: Instance, token: string, call: Call) => Rejection | null;

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
  network: (instance: Instance, operation: 'claim' | 'spawn' | 'release' | 'active') => unknown;
  echo: (token: string) => string;
  claimed: (instance: Instance, token: string) => Record<string, unknown>;
  spawned: (instance: Instance, token: string) => Record<string, unknown>;
  released: (instance: Instance, token: string) => Record<string, unknown>;
  isActive: (instance: Instance) => boolean;
  rendered: (instance: Instance) => Record<string, unknown>;
  active: (fn: Fn) => unknown;
  envelope: (rejection: Rejection) => unknown;
  answer: (outcome: Outcome, call: Call) => Answer;
  send: (response: ServerResponse, answer: Answer, call: Call) => void;
};
