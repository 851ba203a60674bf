import type { InstanceNetwork } from '../environment/addresses.ts';
import type { Variables } from '../environment/variables.ts';
import type { ContainerSpec } from '../runtime/port.ts';
import type { PoolSpec } from '../scheduler/pool.ts';
import type { ContainerId, InstanceId, ServerId } from '../shared/ids.ts';
import type { LogLimits } from './log-budget.ts';
import type { Keep } from './retention.ts';
import type { StateStore } from './state-store.ts';

/** What an engine knows from the start; its functions come when they can be filled. */
export type EngineSetup = {
  readonly serverId: ServerId;
  /** Containers of the environment that are no functions. */
  readonly otherContainers: readonly ContainerId[];
  /** `never` without it. */
  readonly keep?: Keep;
  /** How much of what runs print is kept. */
  readonly logs?: LogLimits;
  /** Without one, nothing outlives the engine. */
  readonly store?: StateStore;
};

export type FunctionSetup = {
  readonly identifier: string;
  readonly pool: PoolSpec;
  /** What the instance at a place of the pool is; asked once for each. */
  readonly describeInstance: (instanceId: InstanceId, seed: number) => InstanceSetup;
};

export type InstanceSetup = {
  readonly network: InstanceNetwork;
  readonly container: ContainerSpec;
  /** The complete environment of a run with these runtime variables. */
  readonly environmentWith: (variables: Variables) => Variables;
};
