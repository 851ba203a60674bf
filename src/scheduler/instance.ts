import type { ContainerId, InstanceId } from '../shared/ids.ts';
import type { Deadline } from './deadlines.ts';
import type { Place } from './fifo.ts';

/** Names one caller's request, so that its answer, which may come later, finds the way back. */
export type Ticket = number;

/**
 * A stable place in a pool. What runs in it is a container, made in advance, started at most once and thrown away
 * after; containers are numbered, so that events of one that is gone are distinguished from those of the present one.
 */
export type Instance = {
  readonly id: InstanceId;
  readonly containerId: ContainerId;
  /** Place in its pool, from 0. */
  readonly seed: number;
  /** True where a claim made the pool grow beyond its first size. */
  readonly autoscaled: boolean;
  readonly createdAt: number;
  generation: number;
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
      readonly place: Place<Instance>;
      readonly ended: EndedClaim | null;
    }
  /** Reserved until its lease ends. */
  | {
      readonly name: 'claimed';
      readonly since: number;
      readonly token: string;
      readonly lease: Deadline<DueThing>;
      /** Its container is gone. A spawn starts an equal one; without a spawn, another is made. */
      readonly isLost: boolean;
    }
  /** Its container is being started. */
  | {
      readonly name: 'starting';
      readonly since: number;
      readonly token: string;
      readonly claimedAt: number;
      readonly spawner: Ticket;
      /** The caller that released while the container was still starting; it is stopped as soon as it runs. */
      readonly releaser: Ticket | null;
    }
  | {
      readonly name: 'running';
      readonly since: number;
      readonly token: string;
      readonly claimedAt: number;
      readonly runtimeLimit: Deadline<DueThing> | null;
    }
  /** Asked to stop, not ended yet. */
  | {
      readonly name: 'stopping';
      readonly since: number;
      readonly token: string;
      readonly claimedAt: number;
      readonly spawnedAt: number;
      readonly because: 'release' | 'max-runtime';
      readonly releaser: Ticket | null;
    }
  /** Its container could not be made; tried again at a deadline. */
  | {
      readonly name: 'failed';
      readonly since: number;
      readonly attempt: number;
      readonly reason: string;
      readonly retry: Deadline<DueThing>;
      readonly ended: EndedClaim | null;
    };

export type StateName = InstanceState['name'];

/** How the claim before ended; remembered until the next one, to answer a late caller precisely. */
export type EndedClaim =
  | { readonly how: 'expired'; readonly token: string }
  | { readonly how: 'released'; readonly token: string }
  /** The run ended without a release, which may still come. */
  | {
      readonly how: 'exited' | 'max-runtime';
      readonly token: string;
      readonly claimedAt: number;
      readonly spawnedAt: number;
    };

/** The states in which an instance takes one of the places that `max_shard_concurrency` limits (our choice: from claim to end). */
export const isTaken = (name: StateName): boolean =>
  name === 'claimed' || name === 'starting' || name === 'running' || name === 'stopping';

/** A claim in line. */
export type Waiter = {
  readonly ticket: Ticket;
  readonly token: string;
  readonly since: number;
  readonly containerId: ContainerId;
  place: Place<Waiter> | null;
  deadline: Deadline<DueThing> | null;
};

/** What a deadline is about. */
export type DueThing =
  | { readonly type: 'lease-ends'; readonly instance: Instance }
  | { readonly type: 'runtime-ends'; readonly instance: Instance }
  | { readonly type: 'queue-time-ends'; readonly waiter: Waiter }
  | { readonly type: 'prepare-again'; readonly instance: Instance };
