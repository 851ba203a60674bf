import type { RunLog } from '../engine/run-log.ts';
import type { FunctionCounts, InstanceView, Readiness } from '../engine/service.ts';
import type { Faults } from '../faults/faults.ts';
import type { RequestRecord } from '../http/request-log.ts';
import type { Recorder } from '../recording/recorder.ts';
import type { History } from './history.ts';

/** What happened, as far as it matters here: its name and what else there is to tell. Never holds a token. */
export type ControlEvent = { readonly name: string; readonly at: number };

/** The emulator as the control API needs it. */
export type Controlled = {
  readonly session: string;
  readonly version: string;
  /** Those whose pools are made, or being made. */
  functions(): readonly ControlledFunction[];
  readonly clock: ControlledClock;
  readonly faults: Faults;
  readonly events: History<ControlEvent>;
  readonly recorder: Pick<Recorder, 'recording' | 'clear'>;
  readonly requests: History<RequestRecord>;
  readiness(): Readiness;
  reset(): Promise<void>;
  /** Null where there is no such instance. */
  logsOf(instanceId: string): Pick<RunLog, 'missingBytes' | 'missingBytesOf' | 'read' | 'follow'> | null;
};

export type ControlledFunction = {
  readonly name: string;
  readonly id: string;
  readonly counts: FunctionCounts;
  instances(): readonly InstanceView[];
};

export type ControlledClock = {
  now(): number;
  readonly frozen: boolean;
  freeze(): void;
  resume(): void;
  advance(ms: number): Promise<void>;
};
