import { randomUUID } from 'node:crypto';
import pLimit from 'p-limit';
import { errorCodes, hasCode } from '../../../shared/errors.ts';
import type { ContainerId, InstanceId } from '../../../shared/ids.ts';
import type { ContainerSpec } from '../../port.ts';
import { NetworkCheck, needsOwnNetwork } from '../containers/clean-network.ts';
import type { InstanceContainer } from '../containers/instance-container.ts';
import { Sandbox } from '../containers/sandbox.ts';
import type { MadeContainer, SessionContainers } from '../containers/session-containers.ts';
import { refuse, toRefusal } from '../engine/container-api.ts';
import { whyNotWarm } from '../engine/quirks.ts';

/** Each is a start, which keeps a core busy. */
const madeAtATime = 2;

/** The sandboxes of instances, one each at most: kept from run to run, and made while nothing waits for them. */
export class Sandboxes {
  readonly #containers: SessionContainers;
  readonly #onNotWarm: (functionId: ContainerId, reason: string) => void;
  readonly #byInstance = new Map<InstanceId, Sandbox>();
  readonly #notWarm = new Set<ContainerId>();
  readonly #wasWarm = new Set<ContainerId>();
  /** Instances that were started before their turn came: one that is never idle gets its sandbox before its next container. */
  readonly #overdue = new Set<InstanceId>();
  readonly #limit = pLimit(madeAtATime);
  #isTried = false;

  /** @param onNotWarm called once for each function that cannot be warm, with the reason */
  constructor(containers: SessionContainers, onNotWarm: (functionId: ContainerId, reason: string) => void) {
    this.#containers = containers;
    this.#onNotWarm = onNotWarm;
  }

  /**
   * Prepares a container, in the instance's sandbox if it has one. Where it shall have one, it is made afterwards, unless
   * there is time for it before.
   */
  async prepare(
    spec: ContainerSpec,
    { warm, hasTime }: { readonly warm: boolean; readonly hasTime: boolean },
    prepare: (sandbox: Sandbox | null) => Promise<InstanceContainer>,
  ): Promise<InstanceContainer> {
    const sandbox = await this.#take(spec, warm, hasTime);
    if (sandbox === null) {
      const container = await prepare(null);
      if (warm) void this.#warmUp(container);
      return container;
    }
    try {
      const container = await prepare(sandbox);
      this.#wasWarm.add(spec.functionId);
      return container;
    } catch (error) {
      await sandbox.remove();
      // Where one with its own network cannot be made either, it is not for the sandbox.
      const container = await prepare(null);
      this.#refused(spec, error);
      return container;
    }
  }

  /** Of a run that an earlier process has begun. It serves no other, for the stack may have changed since. */
  resume(spec: ContainerSpec, dockerId: string): Sandbox {
    const sandbox = this.#keep(spec, this.#containers.expect(dockerId), null, null);
    sandbox.use();
    return sandbox;
  }

  /** A container has been taken off a network by hand. */
  takenOff(dockerId: string): void {
    for (const sandbox of this.#byInstance.values()) if (sandbox.dockerId === dockerId) sandbox.takenOff();
  }

  async #take(spec: ContainerSpec, warm: boolean, hasTime: boolean): Promise<Sandbox | null> {
    const known = this.#byInstance.get(spec.instanceId);
    if (warm && known?.isFor(spec)) return known;
    // Its addresses are the next container's.
    await known?.remove();
    const isOverdue = this.#overdue.delete(spec.instanceId);
    return warm && (hasTime || isOverdue) ? await this.#make(spec) : null;
  }

  /** Has a container that has its own network join a sandbox, once no start is waited for. */
  async #warmUp(container: InstanceContainer): Promise<void> {
    const { spec } = container;
    if (this.#notWarm.has(spec.functionId)) return;
    await this.#limit(async () => {
      await Promise.allSettled(this.#containers.starts);
      try {
        if (await container.join(() => this.#make(spec))) this.#wasWarm.add(spec.functionId);
        else this.#overdue.add(spec.instanceId);
      } catch (error) {
        this.#refused(spec, error);
      }
    });
  }

  #keep(spec: ContainerSpec, made: MadeContainer, shimGroup: string | null, check: NetworkCheck | null): Sandbox {
    const { instanceId } = spec;
    const { connection, exits } = this.#containers.context;
    const sandbox = new Sandbox({
      ...made,
      ...{ spec, shimGroup, connection, exits, check },
      publishedPorts: this.#containers.publishedPortsOf(spec, made),
      remove: () => this.#containers.removeOrphan(made.dockerId),
    });
    this.#byInstance.set(instanceId, sandbox);
    void sandbox.gone.then(async () => {
      await sandbox.remove();
      if (this.#byInstance.get(instanceId) === sandbox) this.#byInstance.delete(instanceId);
    });
    return sandbox;
  }

  async #make(spec: ContainerSpec): Promise<Sandbox | null> {
    if (this.#notWarm.has(spec.functionId)) return null;
    try {
      const reason = whyNotWarm(this.#containers.context.info.product);
      if (reason !== null) throw refuse('make', `${spec.name}-sandbox`, reason);
      const shimGroup = randomUUID();
      const made = await this.#containers.makeSandbox(spec, shimGroup);
      const check = await this.#containers.startTalking(spec, made, (stream) => new NetworkCheck(stream));
      const sandbox = this.#keep(spec, made, shimGroup, needsOwnNetwork(spec.limits.capabilities) ? null : check);
      await this.#try(spec, sandbox);
      return sandbox;
    } catch (error) {
      this.#refused(spec, error);
      return null;
    }
  }

  /** Tries once whether the engine lets a container join: that of a run is made only when it starts. */
  async #try(spec: ContainerSpec, sandbox: Sandbox): Promise<void> {
    if (this.#isTried) return;
    try {
      const { dockerId } = await this.#containers.make(spec, spec.environment, { sandbox });
      await this.#containers.removeOrphan(dockerId);
      this.#isTried = true;
    } catch (error) {
      await sandbox.remove();
      throw error;
    }
  }

  /** What could be once can be again; while the engine is away or the emulator stops, it says nothing. */
  #refused({ functionId, name }: ContainerSpec, error: unknown): void {
    const { connection, inFlight } = this.#containers.context;
    const refusal = toRefusal(connection, 'make', name, error);
    if (hasCode(refusal, errorCodes.dockerUnreachable) || inFlight.isClosing) return;
    if (this.#wasWarm.has(functionId) || this.#notWarm.has(functionId)) return;
    this.#notWarm.add(functionId);
    this.#onNotWarm(functionId, refusal.message);
  }
}
