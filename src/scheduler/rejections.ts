import type { ContainerId, InstanceId } from '../shared/ids.ts';

/** Why a scheduler says no, by name. Status codes are `http/`'s business. */
export type Rejection =
  | { readonly name: 'unknown-container'; readonly containerId: string }
  /** The container exists and is no function. */
  | { readonly name: 'not-a-function'; readonly containerId: ContainerId }
  | { readonly name: 'unknown-instance'; readonly containerId: ContainerId; readonly instanceId: string }
  | { readonly name: 'wrong-token'; readonly instanceId: InstanceId }
  | { readonly name: 'not-claimed'; readonly instanceId: InstanceId }
  /** The caller's claim was not spawned within its lease. */
  | { readonly name: 'claim-expired'; readonly instanceId: InstanceId; readonly leaseMs: number }
  | { readonly name: 'already-spawned'; readonly instanceId: InstanceId }
  /** The caller's claim has been released before, or is being released. */
  | { readonly name: 'already-released'; readonly instanceId: InstanceId }
  /** The run ended by itself, or by `max_runtime`. */
  | { readonly name: 'run-ended'; readonly instanceId: InstanceId }
  /** The claim waited in line for `max_queue_time`. */
  | {
      readonly name: 'queue-timeout';
      readonly containerId: ContainerId;
      readonly waitedMs: number;
      /** How many instances are asked to stop and have not ended, where any are. */
      readonly stopping?: number;
    }
  /** So many claims wait in line that this one was not let in. */
  | { readonly name: 'line-full'; readonly containerId: ContainerId; readonly waiting: number }
  /** The claim has not been spawned, and the scheduler that is imitated takes back nothing else. */
  | { readonly name: 'not-spawned'; readonly instanceId: InstanceId }
  /** The container did not start; `reason` is the runtime's own sentence. */
  | { readonly name: 'start-failed'; readonly instanceId: InstanceId; readonly reason: string }
  /** An environment variable no process can have. */
  | { readonly name: 'invalid-variable'; readonly variable: string; readonly problem: string }
  /** The caller hung up while waiting, so this answer has no reader. */
  | { readonly name: 'caller-gone' }
  /** The pools are being made, the engine is away, the emulator is stopping, or the store cannot be written. */
  | { readonly name: 'not-ready'; readonly reason: string };
