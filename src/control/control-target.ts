import type { Invocation, RunLog } from '../engine/run-log.ts';
import type { FunctionCounts, InstanceView, Readiness } from '../engine/service.ts';
import type { EmulatorClock } from '../engine/work.ts';
import type { Faults } from '../faults/faults.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { ErrorAnswer } from '../http/answers.ts';
import type { operations } from '../openapi/control-types.ts';
import type { Recorder } from '../recording/recorder.ts';
import type { RequestWatch, WatchedRequest } from '../recording/watched-requests.ts';
import type { PoolSpec, Waiter } from '../scheduler/pool.ts';
import type { History } from '../shared/events.ts';
import type { ContainerId } from '../shared/ids.ts';
import type { LatestRuns } from './latest-runs.ts';

/** An event of the control API: its name and its fields. Never holds a token. */
export type ControlEvent = {
  readonly name: string;
  readonly at: number;
  readonly containerId: string | null;
  readonly instanceId?: string | null;
};

/** The emulator as the control API needs it. */
export type Controlled = {
  readonly session: string;
  readonly version: string;
  /** What runs the functions, for people. */
  readonly engine: string;
  /** By the machine's clock, in milliseconds. */
  readonly startedAt: number;
  /** Those whose pools are made, or being made. */
  functions(): readonly ControlledFunction[];
  /** Null where no function is reached over HTTP. */
  readonly gateway: Pick<Gateway, 'url' | 'domains'> | null;
  /** Why there is no gateway; null where there is one. */
  readonly noGateway: string | null;
  readonly clock: EmulatorClock;
  readonly faults: Faults;
  readonly events: History<ControlEvent>;
  readonly latestRuns: Pick<LatestRuns, 'of' | 'nameToFollow'>;
  readonly recorder: Pick<Recorder, 'recording' | 'clear'>;
  readonly requests: History<WatchedRequest>;
  showBodies(request: WatchedRequest): ReturnType<RequestWatch['show']>;
  /** Where the Scheduler API is served; null where on the control API's own port. */
  schedulerUrl(): string | null;
  readiness(): Readiness;
  reset(): Promise<void>;
  /** Has the emulator stopped by what started it; null where that takes no such request. */
  readonly requestStop: (() => void) | null;
  /** Runs a function once, by its name or container ID; ends the run where the signal aborts. */
  invoke(name: string, wish: InvocationWish): Promise<Outcome<Invocation>>;
  /** Gives a function's pool another first size; resolves to the function once that is done. */
  scale(name: string, instances: number): Promise<Outcome<ControlledFunction>>;
  /** Null where there is no such instance. */
  logsOf(instanceId: string): Pick<RunLog, 'missingBytes' | 'missingBytesOf' | 'read' | 'follow'> | null;
};

export type ControlledFunction = {
  readonly name: string;
  readonly id: ContainerId;
  readonly counts: FunctionCounts;
  limits(): PoolSpec;
  /** The claims in line, the first first. */
  line(): Iterable<Pick<Waiter, 'since' | 'deadline'>>;
  /** `origin` says that the gateway holds the claim. */
  instances(): readonly (InstanceView & { readonly origin?: 'linked' })[];
};

type InvocationWish = NonNullable<operations['invokeFunction']['requestBody']>['content']['application/json'] & {
  readonly signal: AbortSignal;
};

/** What became of it, or what a caller of the Scheduler API would have been answered. */
export type Outcome<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly answer: ErrorAnswer };
