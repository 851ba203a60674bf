import type { ServerResponse } from 'node:http';
import type { Answer, Call, Fn, Outcome, Slot, Variables, Waiter } from './model.ts';
import type { Refusal, Rejection } from './rejections.ts';

export type CheckName = 'key' | 'path' | 'container' | 'size' | 'type' | 'syntax' | 'fields';

/** All the toy does, each rule on its own, so that a fault replaces one and nothing else. */
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
  pick: (fn: Fn) => Slot | undefined;
  take: (slot: Slot, token: string) => void;
  /** Arms the end of a claim that is not spawned. */
  lease: (slot: Slot) => void;
  expire: (slot: Slot) => void;
  /** Null when none became free in time. */
  wait: (call: Call, fn: Fn) => Promise<Slot | null>;
  nextInLine: (line: Waiter[]) => Waiter | undefined;
  free: (slot: Slot) => void;

  // Spawns and releases
  find: (fn: Fn, instanceId: string) => Slot | undefined;
  holds: (slot: Slot, token: string, call: Call) => boolean;
  spawn: (call: Call) => Promise<Outcome>;
  maySpawn: (slot: Slot, token: string, call: Call) => Rejection | null;
  release: (call: Call) => Promise<Outcome>;
  mayRelease: (slot: Slot, token: string, call: Call) => Rejection | null;

  // Runs
  environment: (slot: Slot, given: Variables) => Variables;
  canStart: (environment: Variables) => boolean;
  /** The process could not be started. */
  startFailed: (slot: Slot) => Outcome;
  // Both may be asynchronous, and are awaited.
  start: (slot: Slot, environment: Variables) => unknown;
  stop: (slot: Slot) => unknown;
  /** A run has ended by itself. */
  ended: (slot: Slot) => void;

  // Answers
  network: (slot: Slot, operation: 'claim' | 'spawn' | 'release' | 'active') => unknown;
  echo: (token: string) => string;
  claimed: (slot: Slot, token: string) => Record<string, unknown>;
  spawned: (slot: Slot, token: string) => Record<string, unknown>;
  released: (slot: Slot, token: string) => Record<string, unknown>;
  isActive: (slot: Slot) => boolean;
  instance: (slot: Slot) => Record<string, unknown>;
  active: (fn: Fn) => unknown;
  envelope: (rejection: Rejection) => unknown;
  answer: (outcome: Outcome, call: Call) => Answer;
  send: (response: ServerResponse, answer: Answer, call: Call) => void;
};
