import type { Socket } from 'node:net';
import type { ClaimedInstance, Result, SchedulerService } from '../engine/service.ts';
import type { InstanceNetwork } from '../environment/addresses.ts';
import { InjectedFailure } from '../faults/injected-failure.ts';
import type { SchedulerEvent } from '../scheduler/commands.ts';
import type { InstanceId } from '../shared/ids.ts';
import type { Logger } from '../shared/logger.ts';
import type { Exit, PublishedPorts } from '../shared/types.ts';
import { callerGone, endedTooEarly, type GatewayFailure, overran, toFailure, unhealthy } from './failure.ts';

/** A function, as a caller of the gateway and the scheduler each name it. */
export type Target = { readonly identifier: string; readonly containerId: string };

export type LeaseParts = {
  readonly service: Pick<SchedulerService, 'claim' | 'spawn' | 'release'>;
  /** The scheduler's events. */
  readonly subscribe: (listener: (event: SchedulerEvent) => void) => () => void;
  /** Calls the listener when all claims have been taken back. */
  readonly onReset: (listener: () => void) => () => void;
  readonly newToken: () => string;
  readonly hasReadinessCheck: (containerId: string) => boolean;
  readonly logger: Logger;
};

const wasReset = { name: 'not-ready', reason: 'the emulator was reset' } as const;

/**
 * One request's use of an instance: claimed, spawned, and released however the request ends. Longer than the lease of the
 * scheduler's rules, which is over with the spawn.
 */
export class Lease {
  readonly target: Target;
  readonly instanceId: InstanceId;
  readonly network: InstanceNetwork;
  readonly token: string;
  readonly #parts: LeaseParts;
  readonly #unsubscribers: readonly (() => void)[];
  readonly #over = new AbortController();
  readonly #ended = Promise.withResolvers<void>();
  readonly #ready = Promise.withResolvers<void>();
  /** Aborts when the run is over its time or has ended; its reason is a GatewayFailure. */
  readonly over: AbortSignal = this.#over.signal;
  /** Resolves once the process has ended. */
  readonly ended: Promise<void> = this.#ended.promise;
  /**
   * Resolves once the readiness check of the function has succeeded, if it has one. PARITY: that the platform's load balancer
   * waits for it is our choice.
   */
  readonly ready: Promise<void> = this.#ready.promise;
  /** While it runs: ports of the engine's host by ports of the container. */
  publishedPorts: PublishedPorts = {};
  /** Whether `ready` has resolved. */
  isReady: boolean;
  /** How the process has ended; null while it runs, and where its run was over before: that says more. */
  exit: Exit | null = null;
  #spawned: Promise<void> | undefined;
  #released: Promise<void> | undefined;

  private constructor(
    parts: LeaseParts,
    target: Target,
    { instanceId, network, token }: Pick<ClaimedInstance, 'instanceId' | 'network' | 'token'>,
  ) {
    this.#parts = parts;
    this.target = target;
    this.instanceId = instanceId;
    this.network = network;
    this.token = token;
    this.isReady = !parts.hasReadinessCheck(target.containerId);
    if (this.isReady) this.#ready.resolve();
    this.#unsubscribers = [
      // Before the spawn: a quick process may end before its spawn is answered.
      parts.subscribe((event) => this.#hear(event)),
      // Without it the next run at this address would get the request.
      parts.onReset(() => this.#end(toFailure(target.identifier, wasReset))),
    ];
  }

  /**
   * Waits in the same line as callers of the API; a caller that goes leaves it.
   *
   * @param onQueued is called where the claim has to wait, for a free instance or for one that is made for it
   * @throws GatewayFailure
   */
  static async claim(parts: LeaseParts, target: Target, gone: AbortSignal, onQueued: () => void): Promise<Lease> {
    const { containerId } = target;
    const claiming = parts.service.claim({ containerId, token: parts.newToken(), signal: gone, onQueued });
    const lease = new Lease(parts, target, accepted(target, await claiming));
    if (!gone.aborted) return lease;
    // Granted at the very moment at which the caller left.
    await lease.release();
    throw callerGone;
  }

  /**
   * Once, for all requests that the lease serves.
   *
   * @throws GatewayFailure
   */
  spawn(): Promise<void> {
    this.#spawned ??= this.#spawn();
    return this.#spawned;
  }

  async #spawn(): Promise<void> {
    const { containerId } = this.target;
    const { instanceId, token } = this;
    const request = { containerId, instanceId, token, variables: {} };
    accepted(this.target, await this.#parts.service.spawn(request));
  }

  /** Whether one more request may go to the instance. */
  get isUsable(): boolean {
    return this.#released === undefined && !this.over.aborted;
  }

  /** Gives the instance back, once, and resolves when the scheduler has it. Never rejects. */
  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  async #release(): Promise<void> {
    const { containerId } = this.target;
    const { instanceId, token } = this;
    const { service, logger } = this.#parts;
    try {
      // The run may have ended by itself, and the claim with it: what a release wants is the case then.
      await service.release({ containerId, instanceId, token });
    } catch (error) {
      if (!(error instanceof InjectedFailure))
        logger.error({ err: error, instance: instanceId }, 'instance not released');
    } finally {
      for (const unsubscribe of this.#unsubscribers) unsubscribe();
    }
  }

  #hear(event: SchedulerEvent): void {
    if (!('instanceId' in event) || event.instanceId !== this.instanceId) return;
    const { identifier } = this.target;
    if (event.name === 'instance.running') this.publishedPorts = event.publishedPorts;
    else if (event.name === 'instance.ready') {
      this.isReady = true;
      this.#ready.resolve();
    } else if (event.name === 'container.instance.function.max_runtime') this.#end(overran(identifier));
    else if (event.name === 'container.instance.healthcheck.restarted') this.#end(unhealthy(identifier));
    else if (event.name === 'instance.ended') {
      if (!this.#over.signal.aborted) this.exit = event.exit;
      this.#ended.resolve();
      this.#end(endedTooEarly(identifier, event.exit, 'answered'));
    }
  }

  #end(reason: GatewayFailure): void {
    if (!this.#over.signal.aborted) this.#over.abort(reason);
  }
}

const accepted = <Value>({ identifier }: Target, result: Result<Value>): Value => {
  if (result.ok) return result.value;
  throw toFailure(identifier, result.rejection);
};

/** Leases that last as long as their callers' connections: all requests over one are of one instance. */
export class KeptLeases implements AsyncDisposable {
  readonly #byConnection = new Map<Socket, Lease>();

  /** The lease that the connection has of this function; null where it has none, or its run is over. */
  async take(connection: Socket, { containerId }: Target): Promise<Lease | null> {
    const lease = this.#byConnection.get(connection) ?? null;
    if (lease?.target.containerId === containerId && lease.isUsable) return lease;
    await lease?.release();
    return null;
  }

  /** Keeps the lease until the connection ends; at once, if it has. */
  async keep(connection: Socket, lease: Lease): Promise<void> {
    if (connection.destroyed) return await lease.release();
    const isWatched = this.#byConnection.has(connection);
    this.#byConnection.set(connection, lease);
    if (isWatched) return;
    connection.once('close', async () => {
      await this.#byConnection.get(connection)?.release();
      this.#byConnection.delete(connection);
    });
  }

  /** Resolves once all are released, whether their connections have ended or not. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#byConnection.values()].map((lease) => lease.release()));
  }
}
