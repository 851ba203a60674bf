import { isDeepStrictEqual } from 'node:util';
import type { PublishedPorts } from '../../../shared/types.ts';
import type { ContainerSpec } from '../../port.ts';
import type { DockerConnection } from '../engine/connection.ts';
import { inspectContainer, unknownExit } from '../engine/container-api.ts';
import { hasProcess } from '../engine/quirks.ts';
import type { Exits } from '../session/exits.ts';
import type { NetworkCheck } from './clean-network.ts';

type SandboxParts = {
  /** Of the container that it was made for. */
  readonly spec: ContainerSpec;
  readonly connection: DockerConnection;
  readonly exits: Exits;
  readonly dockerId: string;
  /** Null where no container will join it. */
  readonly shimGroup: string | null;
  readonly exited: Promise<unknown>;
  readonly publishedPorts: Promise<PublishedPorts>;
  /** Null where it is to serve one run alone. */
  readonly check: NetworkCheck | null;
  /** Removes it now or, where the engine is away, before another is made. */
  readonly remove: () => Promise<void>;
};

/** What a sandbox is made with, its image apart, which only lends its name. */
const networkOf = ({ limits, ...spec }: ContainerSpec): object => ({
  addresses: [spec.hostname, spec.ipv4, spec.ipv6, spec.macAddress],
  ports: spec.publishedPorts,
  limits: [limits.sysctls, limits.capabilities],
});

/**
 * The network of an instance, in a container that does nothing else: addresses, names, ports and the rest of it are there
 * before a run and stay after it. What one run could leave there for the next is asked about in between.
 */
export class Sandbox {
  readonly dockerId: string;
  readonly shimGroup: string | null;
  readonly publishedPorts: Promise<PublishedPorts>;
  /** Resolves when it can serve no more: its process has ended, it was removed, or taken off its network while it waited. */
  readonly gone: Promise<unknown>;
  readonly #parts: SandboxParts;
  #isGone = false;
  #isInUse = false;
  #wasTakenOff = false;
  #removal: Promise<void> | null = null;

  constructor(parts: SandboxParts) {
    this.dockerId = parts.dockerId;
    this.shimGroup = parts.shimGroup;
    // Of one that is gone no port leads anywhere.
    this.publishedPorts = parts.publishedPorts.catch(() => ({}));
    this.#parts = parts;
    this.gone = parts.exited.then(() => {
      this.#isGone = true;
    });
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Whether its network is as the container's shall be: the stack may have changed since it was made. */
  isFor(spec: ContainerSpec): boolean {
    return !this.#isGone && isDeepStrictEqual(networkOf(this.#parts.spec), networkOf(spec));
  }

  /** A run begins in it. During a run, a user may take it off its network on purpose. */
  use(): void {
    this.#isInUse = true;
  }

  /** It has been taken off its network by hand. */
  takenOff(): void {
    this.#wasTakenOff = true;
    if (!this.#isInUse) this.#settle();
  }

  /** Looks whether it is there still, where no event has said so yet. */
  async isRunning(): Promise<boolean> {
    const found = await inspectContainer(this.#parts.connection, this.dockerId);
    if (found === null || !hasProcess(found.State.Status)) this.#settle();
    return !this.#isGone;
  }

  /** To be called after a run, or where none came. Removes it unless its network is as new for the next run. */
  async leave({ forGood = false }: { readonly forGood?: boolean } = {}): Promise<void> {
    if (forGood || !(await this.#isAsNew())) await this.remove();
    this.#isInUse = false;
  }

  async #isAsNew(): Promise<boolean> {
    if (!this.#isInUse || this.#isGone) return !this.#isGone;
    if (this.#wasTakenOff || this.#parts.check === null) return false;
    return (await this.#parts.check.ask()).length === 0;
  }

  /** Removes it; answers when it holds no address any more. Where the engine is away, that is before the next is made. */
  remove(): Promise<void> {
    this.#settle();
    this.#removal ??= this.#parts.remove();
    return this.#removal;
  }

  #settle(): void {
    this.#isGone = true;
    this.#parts.exits.settle(this.dockerId, unknownExit);
  }
}
