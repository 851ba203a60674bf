import type { InstanceNetwork } from '../environment/addresses.ts';
import type { Variables } from '../environment/variables.ts';
import type { ContainerSpec } from '../runtime/port.ts';
import type { Instance, PoolSpec, ReleaseTimes, StateName } from '../scheduler/pool.ts';
import type { Change, InstanceRecord } from '../scheduler/records.ts';
import type { Rejection } from '../scheduler/rejections.ts';
import type { ContainerId, InstanceId, ServerId } from '../shared/ids.ts';
import type { Checks, PublishedPorts } from '../shared/types.ts';

/** What a scheduler does for a caller; `http/` knows nothing else of it. Times are milliseconds since the epoch. */
export interface SchedulerService {
  /**
   * Reserves an instance; waits in line where none is free. Aborting `signal` leaves the line: nothing is claimed for a
   * caller that is gone.
   */
  claim(request: ClaimRequest): Promise<Result<ClaimedInstance>>;
  /** Starts the claimed instance with the variables and answers once its process runs. */
  spawn(request: SpawnRequest): Promise<Result<SpawnedInstance>>;
  /** Ends the claim and the run, and answers once the process has ended. */
  release(request: ReleaseRequest): Promise<Result<ReleasedInstance>>;
  /** The instances that are starting or running. */
  active(request: { readonly containerId: string }): Result<readonly ActiveInstance[]>;
  readiness(): Readiness;
}

/** IDs are as the caller wrote them. */
export type ClaimRequest = {
  readonly containerId: string;
  readonly token: string;
  readonly signal: AbortSignal;
  /** Called where the claim has to wait, for a free instance or for one that is made for it. */
  readonly onQueued?: () => void;
};
export type ReleaseRequest = { readonly containerId: string; readonly instanceId: string; readonly token: string };
export type SpawnRequest = ReleaseRequest & { readonly variables: Readonly<Record<string, string>> };

export type Result<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly rejection: Rejection };

export type ClaimedInstance = {
  readonly instanceId: InstanceId;
  readonly token: string;
  readonly network: InstanceNetwork;
};

export type SpawnedInstance = ClaimedInstance & { readonly serverId: ServerId };

export type ReleasedInstance = SpawnedInstance & ReleaseTimes;

/** What a check says of an instance; null before its first one. `at` is when it was last found so. */
type Finding = { readonly passed: boolean | null; readonly at: number };

export type Findings = { readonly readiness: Finding | null; readonly health: Finding | null };

export type ActiveInstance = Findings & {
  readonly instanceId: InstanceId;
  readonly containerId: ContainerId;
  readonly serverId: ServerId;
  readonly network: InstanceNetwork;
  readonly hostname: string;
  readonly state: 'starting' | 'running' | 'stopping';
  readonly changedAt: number;
  readonly createdAt: number;
  /** Set where the pool grew this instance beyond `deploy.instances`. */
  readonly autoscaled: boolean;
  /** How long it stays at least, where that is limited. */
  readonly minTtlMs?: number | null;
  /** The instance's place in its pool, from 0. */
  readonly seed: number;
};

export type Readiness = {
  readonly ready: boolean;
  /** Why not, in a sentence without a full stop; null when ready. */
  readonly reason: string | null;
  readonly functions: readonly FunctionCounts[];
};

/** How many of a function's instances are in which state now. */
export type FunctionCounts = {
  readonly containerId: ContainerId;
  readonly identifier: string;
  readonly size: number;
  readonly available: number;
  readonly claimed: number;
  /** Starting, running or stopping. */
  readonly active: number;
  readonly preparing: number;
  readonly failed: number;
  /** Claims in line. */
  readonly waiting: number;
};

/** An instance as it is at one moment, for onlookers. */
export type InstanceView = Findings & {
  readonly id: InstanceId;
  readonly state: StateName;
  /** When it came into this state, in milliseconds since the epoch by the emulator's clock. */
  readonly since: number;
  /** How many milliseconds are left to spawn it; null where it is not claimed, or spawned already. */
  readonly leaseMs: number | null;
  /** When its state ends by time alone: a lease, `max_runtime`, the wait after a failure. Null where nothing is set. */
  readonly deadline: number | null;
  /** How the run of the container that is made starts. */
  readonly starts: Instance['readiness'];
  readonly hostname: string;
  readonly network: InstanceNetwork;
  /** While it runs: ports of the emulator's `publishedHost` by ports of the container. */
  readonly publishedPorts: PublishedPorts;
  /** Names of all variables of its latest run, without the values; null where it never ran, or another process began it. */
  readonly variableNames: readonly string[] | null;
  /** Its place in the pool, from 0. */
  readonly seed: number;
  /** Whether a claim made the pool grow by it. */
  readonly autoscaled: boolean;
};

/** Keeps what an engine has promised its callers, for an engine that resumes after this one's process has ended. */
export interface StateStore {
  /** What was kept when it was opened. */
  readonly records: readonly InstanceRecord[];
  /**
   * Keeps all changes or none; when it has returned, they outlive this process.
   *
   * @param now what the engine's clock shows
   * @throws where they cannot be kept
   */
  write(changes: readonly Change[], now: number): void;
}

/** Which containers stay for inspection after their runs: none, those that failed by themselves, or all that ran. */
export type Keep = 'never' | 'failed' | 'always';

export type LogLimits = {
  /** How much of one run's output is kept; 16 MiB without it. */
  readonly perRunBytes?: number | undefined;
  /** Over all runs together; 256 MiB without it. */
  readonly totalBytes?: number;
  /** How long a run waits for a reader that takes nothing; half a minute without it. */
  readonly readerPatienceMs?: number;
};

/** How many bytes of one run's output may be kept: the least is enough for the last lines of a failure. */
export const logBytesRange = { least: 65_536, most: 256 * 2 ** 20 } as const;

/** What an engine knows from the start; its functions come when they can be filled. */
export type EngineSetup = {
  readonly serverId: ServerId;
  /** Containers of the environment that are no functions. */
  readonly otherContainers: readonly ContainerId[];
  /** `never` without it. */
  readonly keep?: Keep | undefined;
  /** How much of what runs print is kept. */
  readonly logs?: LogLimits;
  /** Without one, nothing outlives the engine. */
  readonly store?: StateStore | null;
};

export type FunctionSetup = {
  readonly identifier: string;
  readonly pool: PoolSpec;
  /** What the instance at a place of the pool is; asked once for each. */
  readonly describeInstance: (instanceId: InstanceId, seed: number) => InstanceSetup;
};

/** What has become of a function whose stack has changed. */
export type FunctionChange = {
  readonly name: string;
  readonly containerId: ContainerId;
  readonly kind: 'added' | 'removed' | 'changed';
  /** What is other than before: its image, what else its containers are made with, its limits. */
  readonly differs: readonly ('image' | 'options' | 'limits')[];
  /** How many of its instances have got a container: those that waited, and those that are new. */
  readonly made: number;
  /** How many instances it has now, and had before. */
  readonly size: number;
  readonly sizeBefore: number;
  /** How many of its instances are claimed or run still in containers of the stack before. */
  readonly left: number;
  /** Why a container could not be made, which is tried again; null where all were. */
  readonly failure: string | null;
};

export type InstanceSetup = {
  readonly network: InstanceNetwork;
  readonly container: ContainerSpec;
  /** Without them, its runs are not checked. */
  readonly checks?: Checks;
  /** The complete environment of a run with these runtime variables. */
  readonly environmentWith: (variables: Variables) => Variables;
};
