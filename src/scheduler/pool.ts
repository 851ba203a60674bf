import type { ContainerId, InstanceId } from '../shared/ids.ts';
import type { Readiness } from '../shared/types.ts';

/** Names one caller's request, so that its answer, which may come later, finds the way back. */
export type Ticket = number;

/**
 * A stable place in a pool. What runs in it is a container, made in advance, started at most once and thrown away
 * after; containers are numbered, so that events of one that is gone are distinguished from those of the present one.
 */
export type Instance = {
  readonly id: InstanceId;
  readonly pool: Pool;
  /** Place in its pool, from 0. */
  readonly seed: number;
  /** True where a claim made the pool grow beyond its first size. */
  autoscaled: boolean;
  readonly createdAt: number;
  generation: number;
  /** Whether its container is of a stack that has changed since: it serves no later claim. */
  isStale: boolean;
  /** Whether one of its containers was ever started. */
  hasRun: boolean;
  /** How ready its container is, once it is made. */
  readiness: Readiness;
  state: InstanceState;
};

export type InstanceState =
  /** Its container is being made. */
  | { readonly name: 'preparing'; readonly since: number; readonly attempt: number; readonly ended: EndedClaim | null }
  /** Its container waits to be claimed. */
  | {
      readonly name: 'available';
      readonly since: number;
      /** Which attempt made the container. */
      readonly attempt: number;
      readonly ended: EndedClaim | null;
    }
  /** Reserved until its lease ends. */
  | {
      readonly name: 'claimed';
      readonly since: number;
      readonly token: string;
      readonly lease: Deadline;
      /** Its container is gone. A spawn starts an equal one; without a spawn, another is made. */
      readonly isLost: boolean;
    }
  /** Its container is being started. */
  | (HeldClaim & {
      readonly name: 'starting';
      readonly since: number;
      readonly spawner: Ticket;
      /** The caller that released while the container was still starting; it is stopped as soon as it runs. */
      readonly releaser: Ticket | null;
    })
  | (HeldClaim & {
      readonly name: 'running';
      readonly since: number;
      readonly runtimeLimit: Deadline | null;
    })
  /** Asked to stop, not ended yet. */
  | (SpawnedClaim & {
      readonly name: 'stopping';
      readonly since: number;
      readonly because: StopReason;
      readonly releaser: Ticket | null;
    })
  /** Its container could not be made; tried again at a deadline. */
  | {
      readonly name: 'failed';
      readonly since: number;
      readonly attempt: number;
      readonly retry: Deadline;
      readonly ended: EndedClaim | null;
    };

export type StateName = InstanceState['name'];

export type HeldClaim = {
  readonly token: string;
  readonly claimedAt: number;
  /** What its spawn has brought; only where the pool keeps that. */
  readonly variables?: Readonly<Record<string, string>> | undefined;
};
export type SpawnedClaim = HeldClaim & { readonly spawnedAt: number };
export type StopReason = 'release' | 'max-runtime' | 'unhealthy';

/** How the claim before ended; remembered until the next one, to answer a late caller precisely. */
export type EndedClaim =
  | { readonly how: 'expired'; readonly token: string }
  | {
      readonly how: 'released';
      readonly token: string;
      /** What its release was answered, where a second one gets the same answer. */
      readonly times?: ReleaseTimes;
    }
  /** The run ended without a release, which may still come. */
  | (SpawnedClaim & { readonly how: 'exited' | 'max-runtime' });

/** The times of a claim that was released. */
export type ReleaseTimes = {
  readonly claimedAt: number;
  /** Null where it never ran. */
  readonly spawnedAt: number | null;
  readonly releasedAt: number;
};

/** A claim in line. */
export type Waiter = {
  readonly ticket: Ticket;
  readonly token: string;
  readonly since: number;
  readonly pool: Pool;
  deadline: Deadline | null;
};

/** Something that falls due. Kept by the code that may call it off. */
export type Deadline = { readonly at: number; readonly fallDue: () => void };

/** What other schedulers were found to do otherwise. None of it holds where it is not set. */
type PoolPolicies = {
  /** Of several available instances the one released last is granted, not the longest-available. */
  readonly grantsLatestFirst?: boolean;
  /** A claim that was not spawned cannot be released. */
  readonly refusesUnspawnedRelease?: boolean;
  /** What was released before can be released again, until its next claim. */
  readonly takesSecondRelease?: boolean;
  /** A run that has ended by itself cannot be released. */
  readonly refusesReleaseAfterExit?: boolean;
};

/** What a function's pool is made with. */
export type PoolSpec = PoolPolicies & {
  readonly containerId: ContainerId;
  /** How many instances exist from the start, and how many there may be. */
  readonly instances: number;
  readonly maxPoolSize: number;
  /** How many instances are kept hot: ready to run within milliseconds. */
  readonly hot: number;
  /** How many are kept warm: with a network that stays from run to run. Without a number, some of those that have run. */
  readonly warm?: number | null;
  /** How many may be claimed or running at one time; null is no limit. */
  readonly maxShardConcurrency: number | null;
  readonly maxRuntimeMs: number | null;
  readonly maxQueueTimeMs: number;
  /** Whether the variables of a spawn are of use after the start: commands are run under them. */
  readonly keepsVariables?: boolean;
  /** How long what a claim made the pool grow by stays without use; without it, for ever. */
  readonly minTtlMs?: number | null;
  /** The ID of the instance at a place of the pool; the same place has the same ID in every run. */
  readonly instanceIdAt: (seed: number) => InstanceId;
};

/**
 * How many instances stay warm where no number is given (our choice): of those that have run, so that a pool costs nothing
 * before, and as many as a machine starts at a time.
 */
const warmByDefault = 4;

const noCounts = { preparing: 0, available: 0, claimed: 0, starting: 0, running: 0, stopping: 0, failed: 0 };

/** The instances of one function, its waiting line, and how many instances are in which state. */
export class Pool {
  /** Another one where the stack has changed. */
  spec: PoolSpec;
  /** Whether the stack has the function no more: it is not claimed, and goes with its last instance. */
  isRemoved = false;
  /** By their places. One that a smaller pool has no place for stays until it is free, so places may be missing. */
  readonly instances: Instance[] = [];
  /** Of these the next run will be hot. */
  readonly hot = new Set<Instance>();
  /** Of these all containers to come will be warm, unless they are hot. */
  readonly warm = new Set<Instance>();
  /** Those that wait to be claimed, the longest-available first. */
  readonly #available: Readonly<Record<Readiness, Set<Instance>>> = {
    hot: new Set(),
    warm: new Set(),
    cold: new Set(),
  };
  /** First come, first served. */
  readonly line = new Set<Waiter>();
  /** Starting, running and stopping, in the order in which they were spawned. */
  readonly active = new Set<Instance>();
  readonly counts: Record<StateName, number> = { ...noCounts };

  /** When it is looked whether the pool can shrink, if it has grown. */
  shrinking: Deadline | null = null;

  readonly #changed: Set<Instance>;

  /** @param changed is given every instance whose state changes */
  constructor(spec: PoolSpec, changed: Set<Instance>) {
    this.spec = spec;
    this.#changed = changed;
  }

  /** The instance that the next claim gets: a hot one, else a warm one, and of each kind the longest-available (our choice). */
  get nextAvailable(): Instance | undefined {
    const { hot, warm, cold } = this.#available;
    const kind = [hot, warm].find(({ size }) => size > 0) ?? cold;
    return this.spec.grantsLatestFirst ? [...kind].at(-1) : kind.values().next().value;
  }

  /** How many more may be claimed at this time. `max_shard_concurrency` limits those from claim to end (our choice). */
  get headroom(): number {
    return (this.spec.maxShardConcurrency ?? Number.POSITIVE_INFINITY) - this.counts.claimed - this.active.size;
  }

  /** The first place that no instance has. */
  get freePlace(): number {
    const place = this.instances.findIndex(({ seed }, index) => seed !== index);
    return place === -1 ? this.instances.length : place;
  }

  /** Whether the pool has no place for the instance any more, since its stack has changed. */
  isSurplus({ seed, autoscaled }: Instance): boolean {
    return seed >= (autoscaled ? this.spec.maxPoolSize : this.spec.instances);
  }

  add(now: number, autoscaled: boolean): Instance {
    const seed = this.freePlace;
    const instance: Instance = {
      id: this.spec.instanceIdAt(seed),
      pool: this,
      seed,
      autoscaled,
      createdAt: now,
      generation: 0,
      isStale: false,
      hasRun: false,
      readiness: 'cold',
      state: { name: 'preparing', since: now, attempt: 1, ended: null },
    };
    this.instances.splice(seed, 0, instance);
    this.counts.preparing += 1;
    return instance;
  }

  /** Forgets an instance, in any state. */
  remove(instance: Instance): void {
    this.#leave(instance);
    this.active.delete(instance);
    this.hot.delete(instance);
    this.warm.delete(instance);
    this.counts[instance.state.name] -= 1;
    this.instances.splice(this.instances.lastIndexOf(instance), 1);
  }

  /** The only place where an instance goes from one state to another, so that counts, lines and sets of instances cannot drift from it. */
  enter(instance: Instance, state: InstanceState): void {
    this.counts[instance.state.name] -= 1;
    this.counts[state.name] += 1;
    const isActive = state.name === 'starting' || state.name === 'running' || state.name === 'stopping';
    if (isActive) this.active.add(instance);
    else this.active.delete(instance);
    instance.hasRun ||= isActive;
    this.#leave(instance);
    if (state.name === 'starting') this.hot.delete(instance);
    instance.state = state;
    this.#changed.add(instance);
  }

  makeAvailable(instance: Instance, now: number, ended: EndedClaim | null, attempt = 1): void {
    this.enter(instance, { name: 'available', since: now, attempt, ended });
    this.#available[instance.readiness].add(instance);
  }

  /** Whether the instance's next container shall be hot: while fewer wait hot than the function wants. */
  wantsHot(instance: Instance): boolean {
    if (this.hot.size < this.spec.hot) this.hot.add(instance);
    return this.hot.has(instance);
  }

  /** Whether the instance's containers shall be warm from now on: while fewer are than the function wants. */
  wantsWarm(instance: Instance): boolean {
    const { warm = null, hot } = this.spec;
    const most = warm ?? Math.max(warmByDefault, hot);
    if ((warm !== null || instance.hasRun) && this.warm.size < most) this.warm.add(instance);
    return this.warm.has(instance);
  }

  /** The instance's container was cold and is warm now. */
  warmed(instance: Instance): void {
    instance.readiness = 'warm';
    if (this.#available.cold.delete(instance)) this.#available.warm.add(instance);
  }

  #leave(instance: Instance): void {
    for (const instances of Object.values(this.#available)) instances.delete(instance);
  }
}
