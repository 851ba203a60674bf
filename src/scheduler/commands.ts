import type { ContainerId, InstanceId } from '../shared/ids.ts';
import type { Exit, PublishedPorts, Readiness } from '../shared/types.ts';
import type { PoolSpec, ReleaseTimes, Ticket } from './pool.ts';
import type { Rejection } from './rejections.ts';

/** How a run ended, and what is known of its output. */
export type RunEnd = Exit & {
  /** The end of what it printed, where it failed by itself. */
  readonly lastLines?: readonly string[];
  /** How many bytes of the beginning of its output are not kept any more, where some are not; null where that is unknown. */
  readonly missingBytes?: number | null;
};

/** What can happen to a scheduler. */
export type Command =
  | { readonly type: 'claim'; readonly ticket: Ticket; readonly containerId: string; readonly token: string }
  | (UseOfClaim & { readonly type: 'spawn'; readonly variables: Readonly<Record<string, string>> })
  | (UseOfClaim & { readonly type: 'release' })
  /** A caller in line hung up. */
  | { readonly type: 'abandon'; readonly ticket: Ticket }
  /** The whole line is sent away. */
  | { readonly type: 'dismiss'; readonly reason: string }
  /** The claim that was just granted cannot be kept for its caller, who was refused. */
  | { readonly type: 'take-back'; readonly instanceId: InstanceId; readonly reason: string }
  /** Back to how it began. */
  | { readonly type: 'reset' }
  /** The stack has changed: these are all of its functions, and its other containers. */
  | { readonly type: 'reload'; readonly pools: readonly PoolChange[]; readonly otherContainers: readonly ContainerId[] }
  | ContainerEvent
  /** The cause that kept containers from being made may be over: the runtime was away and is back. */
  | { readonly type: 'try-again' }
  /** Nothing but time has passed. */
  | { readonly type: 'tick' };

/** What a function's pool is to be from now on. */
export type PoolChange = {
  readonly spec: PoolSpec;
  /** Whether its containers are to be made in another way than before. */
  readonly isRenewed: boolean;
};

type UseOfClaim = {
  readonly ticket: Ticket;
  readonly containerId: string;
  readonly instanceId: string;
  readonly token: string;
};

/** What the runtime reports of a container: its number distinguishes it from the instance's others. */
export type ContainerEvent = { readonly instanceId: InstanceId; readonly generation: number } & (
  | { readonly type: 'prepare-failed'; readonly reason: string }
  /** The container is made. `readiness` may be less than was asked for, where more was not possible. */
  | { readonly type: 'prepared'; readonly readiness: Readiness }
  /** A container that was made cold has become warm. */
  | { readonly type: 'warmed' }
  | { readonly type: 'started'; readonly publishedPorts: PublishedPorts }
  | {
      readonly type: 'start-failed';
      readonly reason: string;
      /** Not the container's fault: the runtime could not be asked to start it. */
      readonly engineAway: boolean;
    }
  /** Its health check has failed, and the function wants such a run to end. */
  | { readonly type: 'unhealthy'; readonly reason: string }
  | { readonly type: 'stop-failed'; readonly reason: string }
  | { readonly type: 'exited'; readonly exit: RunEnd }
  /** A container that waited to be started is gone. */
  | { readonly type: 'lost'; readonly reason: string }
);

/** What a scheduler wants done. Replies are in the order in which callers are to be answered. */
export type Effect =
  /** Replace the instance's container, if it has one, by the one of this number, as ready as is wanted if that can be. */
  | {
      readonly type: 'prepare';
      readonly instanceId: InstanceId;
      readonly generation: number;
      readonly hot: boolean;
      readonly warm: boolean;
    }
  | {
      readonly type: 'start';
      readonly instanceId: InstanceId;
      readonly generation: number;
      readonly variables: Readonly<Record<string, string>>;
    }
  | {
      readonly type: 'stop';
      readonly instanceId: InstanceId;
      readonly generation: number;
      /** Whether the run has failed, however its process ends now. */
      readonly hasFailed: boolean;
    }
  /** Remove the container of an instance that is no more. */
  | { readonly type: 'discard'; readonly instanceId: InstanceId }
  | { readonly type: 'reply'; readonly ticket: Ticket; readonly reply: Reply }
  | { readonly type: 'event'; readonly event: SchedulerEvent };

export type Reply =
  | { readonly type: 'claimed'; readonly instanceId: InstanceId }
  | { readonly type: 'spawned'; readonly instanceId: InstanceId }
  | ({ readonly type: 'released'; readonly instanceId: InstanceId } & ReleaseTimes)
  | { readonly type: 'rejected'; readonly rejection: Rejection };

/** What happened, for logs and onlookers; never carries a token. Dotted names are Cycle's own (documented). */
export type SchedulerEvent = { readonly at: number; readonly containerId: ContainerId } & (
  | LineEvent
  | ({ readonly instanceId: InstanceId } & InstanceEvent)
);

export type LineEvent = {
  readonly name: 'claim.queued' | 'claim.abandoned' | 'claim.timed-out' | 'claim.dismissed';
  readonly waiting: number;
};

export type InstanceEvent =
  | {
      readonly name:
        | 'instance.available'
        | 'instance.claimed'
        | 'instance.claim-expired'
        | 'instance.starting'
        | 'instance.stopping'
        | 'instance.ready'
        | 'container.instance.function.max_runtime'
        | 'container.instance.healthcheck.recovered'
        | 'container.instances.autoscale.up'
        | 'container.instances.autoscale.down';
    }
  | { readonly name: 'instance.running'; readonly publishedPorts: PublishedPorts }
  | { readonly name: 'instance.ended'; readonly exit: RunEnd }
  | {
      readonly name:
        | 'container.instance.start.failed'
        | 'container.instance.error'
        | 'container.instance.healthcheck.failed'
        | 'container.instance.healthcheck.restarted';
      readonly reason: string;
    };
