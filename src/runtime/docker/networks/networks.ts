import { once } from 'node:events';
import { connect, isIPv6 } from 'node:net';
import type { NetworkInspectInfo } from 'dockerode';
import { isLoopback } from '../../../shared/addresses.ts';
import { EmulatorError, errorCodes } from '../../../shared/errors.ts';
import type { EnvironmentId } from '../../../shared/ids.ts';
import type { ContainerSpec, ExistingNetwork } from '../../port.ts';
import { ignoreStatus } from '../engine/docker-errors.ts';
import type { Endpoint } from '../engine/endpoint.ts';
import type { InFlight } from '../session/in-flight.ts';
import { joinNetwork, refuseTakenAddress, toRemoved } from './existing-network.ts';
import { type MadeNetwork, makeNetwork, type NetworkOwner, remakeNetwork, schedulerName } from './network.ts';

/** Another machine that an engine is on, or another network namespace, which comes to the same. */
export type Elsewhere = {
  /** As the endpoint names it. */
  readonly host: string;
  /** This machine's address towards it; null where it is unknown, as behind an SSH server. */
  readonly localAddress: string | null;
  /** On which of its addresses the ports of functions are published there. */
  readonly publishOn: string;
};

const answerWithinMs = 5_000;

/**
 * Where an engine is that is reached over a network; null where it is on this machine. A connection shows that: on
 * one machine both its ends have the same address, or one that no other machine can have.
 */
export const findElsewhere = async ({ url }: Endpoint): Promise<Elsewhere | null> => {
  if (/^(unix|npipe):/.test(url)) return null;
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  // A user of SSH may reach the loopback by a tunnel, and such machines are often open to all.
  if (protocol === 'ssh:') return isLoopback(host) ? null : { host, localAddress: null, publishOn: '127.0.0.1' };
  const socket = connect({ host, port: Number(port) });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(answerWithinMs) });
    const [local, remote] = [socket.localAddress, socket.remoteAddress].map((address = '') => withoutMapping(address));
    if (local === undefined || remote === undefined || local === remote || isLoopback(remote)) return null;
    return { host, localAddress: local, publishOn: isIPv6(remote) ? '::' : '0.0.0.0' };
  } catch {
    // The engine has answered a moment ago; what is wrong with it now, the next request to it shows.
    return null;
  } finally {
    socket.destroy();
  }
};

const withoutMapping = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');

export type NetworksParts = NetworkOwner & {
  readonly inFlight: InFlight;
  readonly elsewhere: Elsewhere | null;
  /** What `env-scheduler` stands for, where the user has said it. */
  readonly schedulerAddress: string | null;
};

/** A session's networks, one for each environment. */
export class Networks {
  readonly #parts: NetworksParts;
  readonly #made = new Map<EnvironmentId, Promise<MadeNetwork>>();
  readonly #restoring = new Map<string, Promise<NetworkInspectInfo | undefined>>();
  /** How often one was made again. */
  restored = 0;

  constructor(parts: NetworksParts) {
    this.#parts = parts;
  }

  /** Makes the environment's network, or joins one that exists; or answers the one it has. */
  prepare(
    environmentId: EnvironmentId,
    preferredNumber: number,
    existing: ExistingNetwork | null = null,
  ): Promise<MadeNetwork> {
    const known = this.#made.get(environmentId);
    if (known !== undefined) return known;
    const network = this.#parts.inFlight
      .make(`the network of environment ${environmentId}`, () =>
        existing === null
          ? makeNetwork(this.#parts, environmentId, preferredNumber)
          : joinNetwork(this.#parts, environmentId, preferredNumber, existing),
      )
      .then((made) => seenFromHere(made, this.#parts))
      .catch((error: unknown) => {
        this.#made.delete(environmentId);
        throw error;
      });
    this.#made.set(environmentId, network);
    return network;
  }

  async all(): Promise<readonly MadeNetwork[]> {
    return await Promise.all(this.#made.values());
  }

  /** The network that holds the container's address. */
  async of({ name, ipv4 }: ContainerSpec): Promise<MadeNetwork> {
    for (const made of this.#made.values()) {
      const network = await made;
      const { number, joined } = network;
      const holds = joined?.addresses.some((address) => address.ipv4 === ipv4) ?? ipv4.startsWith(`10.${number}.`);
      if (holds) return network;
    }
    throw new EmulatorError(
      errorCodes.networkUnavailable,
      `Failed to make container ${name}: no network has the address ${ipv4}. Prepare the environment's network first.`,
    );
  }

  /**
   * Makes the container's network again if it was removed, with the addresses that callers have; for all who ask at the
   * same time once. One that was joined is not ours to make.
   *
   * @throws EmulatorError `networkUnavailable`; `containerRefused` where another container has taken the address
   */
  async restore(spec: ContainerSpec, verb: 'make' | 'start'): Promise<void> {
    const network = await this.of(spec);
    const { name } = network;
    const restoring = this.#restoring.get(name) ?? this.#restore(network).finally(() => this.#restoring.delete(name));
    this.#restoring.set(name, restoring);
    const found = await restoring;
    if (found !== undefined) refuseTakenAddress(found, this.#parts.session, verb, spec);
  }

  /** Answers the network where it is there still. */
  async #restore(network: MadeNetwork): Promise<NetworkInspectInfo | undefined> {
    const { connection, inFlight } = this.#parts;
    const found = await connection.docker.getNetwork(network.name).inspect().catch(ignoreStatus(404));
    if (found) return found;
    if (network.joined !== undefined) throw toRemoved(network.name);
    await inFlight.make(`network ${network.name}`, () => remakeNetwork(this.#parts, network));
    this.restored += 1;
    return undefined;
  }

  /** Takes the emulator's container off the networks that are not the session's. */
  async leave(): Promise<void> {
    for (const network of await Promise.allSettled(this.#made.values())) {
      if (network.status === 'fulfilled') await network.value.leave?.();
    }
  }
}

/** Where functions find the emulator, if the engine is on another machine or the user has said it. */
const seenFromHere = (network: MadeNetwork, { elsewhere, schedulerAddress }: NetworksParts): MadeNetwork => {
  if (elsewhere === null && schedulerAddress === null) return network;
  const address = schedulerAddress ?? elsewhere?.localAddress ?? null;
  const schedulerAddresses = address === null ? [] : [address];
  return {
    ...network,
    schedulerAddresses,
    extraHosts: schedulerAddresses.map((found) => `${schedulerName}:${found}`),
    ...(elsewhere === null ? {} : { elsewhere: elsewhere.host }),
  };
};
