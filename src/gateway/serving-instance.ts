import type { Socket } from 'node:net';
import type { ClaimedInstance, Result, SchedulerService } from '../engine/service.ts';
import type { InstanceNetwork } from '../environment/addresses.ts';
import { InjectedFailure } from '../faults/injected-failure.ts';
import type { SchedulerEvent } from '../scheduler/commands.ts';
import { lazily } from '../shared/async.ts';
import type { InstanceId } from '../shared/ids.ts';
import type { Logger } from '../shared/logger.ts';
import type { Exit, PublishedPorts } from '../shared/types.ts';
import { callerGone, endedTooEarly, overran, toFailure, unhealthy } from './failure.ts';

/** A function, as a caller of the gateway and the scheduler each name it. */
export type Target = { readonly identifier: string; readonly containerId: string };

export type InstanceParts = {
  readonly service: Pick<SchedulerService, 'claim' | 'spawn' | 'release'>;
  /** The scheduler's events. */
  readonly subscribe: (listener: (event: SchedulerEvent) => void) => () => void;
  /** Calls the listener when all claims have been taken back. */
  readonly onReset: (listener: () => void) => () => void;
  readonly newToken: () => string;
  readonly hasReadinessCheck: (containerId: string) => boolean;
  /** How long an instance of the function may take to stop. */
  readonly graceMsOf: (containerId: string) => number;
  readonly logger: Logger;
};

const wasReset = { name: 'not-ready', reason: 'the emulator was reset' } as const;

/** An instance that serves a request: claimed for it, spawned, and released however the request ends. */
export class ServingInstance {
  readonly target: Target;
  readonly instanceId: InstanceId;
  readonly network: InstanceNetwork;
  readonly token: string;
  readonly #parts: InstanceParts;
  readonly #unsubscribers: readonly (() => void)[];
  readonly #over = new AbortController();
  readonly #ready = Promise.withResolvers<void>();
  /** Aborts when the run is over its time, has ended or is released; its reason is a GatewayFailure. */
  readonly over: AbortSignal = this.#over.signal;
  /**
   * Resolves once the readiness check of the function has succeeded, if it has one. PARITY: that the platform's load balancer
   * waits for it is our choice.
   */
  readonly ready: Promise<void> = this.#ready.promise;
  /** Whether `ready` has resolved. */
  isReady: boolean;
  /** While it runs: ports of the engine's host by ports of the container. */
  publishedPorts: PublishedPorts = {};
  /** How the process has ended; null while it runs, and where its run was over before: that says more. */
  exit: Exit | null = null;

  private constructor(
    parts: InstanceParts,
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
      parts.onReset(() =>
        this.#over.abort(toFailure(target.identifier, wasReset, parts.graceMsOf(target.containerId))),
      ),
    ];
  }

  /**
   * Waits in the same line as callers of the API; a caller that goes leaves it.
   *
   * @param onQueued is called where the claim has to wait, for a free instance or for one that is made for it
   * @throws GatewayFailure
   */
  static async claim(
    parts: InstanceParts,
    target: Target,
    gone: AbortSignal,
    onQueued: () => void,
  ): Promise<ServingInstance> {
    const { containerId } = target;
    const claiming = parts.service.claim({ containerId, token: parts.newToken(), signal: gone, onQueued });
    return new ServingInstance(parts, target, accepted(parts, target, await claiming));
  }

  /**
   * Once, for all requests that the instance serves.
   *
   * @throws GatewayFailure
   */
  readonly spawn = lazily(async () => {
    accepted(this.#parts, this.target, await this.#parts.service.spawn({ ...this.#claimed, variables: {} }));
  });

  /** Gives the instance back, once, and resolves when the scheduler has it. Never rejects. */
  readonly release = lazily(async () => {
    const { service, logger } = this.#parts;
    this.#over.abort(callerGone);
    try {
      // The run may have ended by itself, and the claim with it: what a release wants is the case then.
      await service.release(this.#claimed);
    } catch (error) {
      if (!(error instanceof InjectedFailure))
        logger.error({ err: error, instance: this.instanceId }, 'instance not released');
    } finally {
      for (const unsubscribe of this.#unsubscribers) unsubscribe();
    }
  });

  get #claimed() {
    const { instanceId, token } = this;
    return { containerId: this.target.containerId, instanceId, token };
  }

  #hear(event: SchedulerEvent): void {
    if (!('instanceId' in event) || event.instanceId !== this.instanceId) return;
    const { identifier } = this.target;
    switch (event.name) {
      case 'instance.running':
        this.publishedPorts = event.publishedPorts;
        break;
      case 'instance.ready':
        this.isReady = true;
        this.#ready.resolve();
        break;
      case 'container.instance.function.max_runtime':
        this.#over.abort(overran(identifier));
        break;
      case 'container.instance.healthcheck.restarted':
        this.#over.abort(unhealthy(identifier));
        break;
      case 'instance.ended':
        if (!this.over.aborted) this.exit = event.exit;
        this.#over.abort(endedTooEarly(identifier, event.exit, 'answered'));
    }
  }
}

const accepted = <Value>(parts: InstanceParts, target: Target, result: Result<Value>): Value => {
  if (result.ok) return result.value;
  throw toFailure(target.identifier, result.rejection, parts.graceMsOf(target.containerId));
};

/** Instances that serve their callers' connections as long as those last, with all requests over them. */
export class KeptInstances implements AsyncDisposable {
  readonly #byConnection = new Map<Socket, ServingInstance>();

  /** The instance that the connection has of this function; null where it has none, or its run is over. */
  async take(connection: Socket, { containerId }: Target): Promise<ServingInstance | null> {
    const instance = this.#byConnection.get(connection) ?? null;
    if (instance?.target.containerId === containerId && !instance.over.aborted) return instance;
    await instance?.release();
    return null;
  }

  /** Keeps the instance until the connection ends; at once, if it has. */
  async keep(connection: Socket, instance: ServingInstance): Promise<void> {
    if (connection.destroyed) return await instance.release();
    const isWatched = this.#byConnection.has(connection);
    this.#byConnection.set(connection, instance);
    if (isWatched) return;
    connection.once('close', async () => {
      await this.#byConnection.get(connection)?.release();
      this.#byConnection.delete(connection);
    });
  }

  /** Resolves once all are released, whether their connections have ended or not. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#byConnection.values()].map((instance) => instance.release()));
  }
}
