import { setTimeout as pause } from 'node:timers/promises';
import type { ContainerInfo, Network, NetworkInspectInfo } from 'dockerode';
import pLimit from 'p-limit';
import { EmulatorError, errorCodes, hasCode } from '../../../shared/errors.ts';
import type { DockerConnection } from '../engine/connection.ts';
import { removeContainer } from '../engine/container-api.ts';
import { ignoreStatus, reasonOf, statusOf, toUnreachable } from '../engine/docker-errors.ts';
import { isKept, parseSession, type Session, sessionFilter } from '../engine/labels.ts';
import { isNetworkInUse } from '../engine/quirks.ts';
import { containerOf } from './owner.ts';

export type Resource = {
  readonly kind: 'container' | 'network' | 'volume';
  readonly dockerId: string;
  readonly name: string;
  readonly session: Session;
  /** Set aside for inspection, or used by what is: only `prune` takes it. */
  readonly kept: boolean;
};

export const isNotKept = ({ kept }: Resource): boolean => !kept;

/** The engine removes containers no faster with more at a time. */
const removalsAtATime = 8;

/** How long something may still be in use by containers that are being removed. */
const freeWithinMs = 5_000;

/** A network that no container has used for this long, or for a fifth of the patience, and that Docker calls used, stays so. */
const miscountedAfterMs = 1_000;

/** All that any session, or the given one alone, has in the engine: containers in every state, then networks, then volumes. */
export const listResources = async ({ docker }: DockerConnection, sessionId?: string): Promise<readonly Resource[]> => {
  const filters = sessionFilter(sessionId);
  const [containers, networks, { Volumes: volumes }] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  const found = [
    ...containers.map((of) => ({ kind: 'container' as const, dockerId: of.Id, name: nameOf(of), Labels: of.Labels })),
    ...networks.map(({ Id, Name, Labels }) => ({ kind: 'network' as const, dockerId: Id, name: Name, Labels })),
    // Null where there is none.
    ...(volumes ?? []).map(({ Name, Labels }) => ({ kind: 'volume' as const, dockerId: Name, name: Name, Labels })),
  ].flatMap(({ Labels, ...resource }) => {
    const session = parseSession(Labels);
    return session === null ? [] : [{ ...resource, session }];
  });
  const keeping = new Set(found.filter(({ name }) => isKept(name)).map(({ session }) => session.id));
  // The engine does not remove a volume that a container has, ended or not.
  const kept = ({ kind, name, session }: (typeof found)[number]): boolean =>
    isKept(name) || (kind === 'volume' && keeping.has(session.id));
  return found.map((resource) => ({ ...resource, kept: kept(resource) }));
};

const nameOf = ({ Id, Names: [name = Id] }: ContainerInfo): string => name.replace(/^\//, '');

export type RemovalFailure = { readonly resource: Resource; readonly error: EmulatorError };

/**
 * Removes containers in any state with their anonymous volumes, then networks and named volumes. What is gone already is fine; what cannot
 * be removed does not keep the rest from it.
 *
 * @param patienceMs for how long something may still be in use by containers that are being removed
 * @throws EmulatorError `dockerUnreachable`
 */
export const tryRemoveResources = async (
  connection: DockerConnection,
  resources: readonly Resource[],
  patienceMs: number = freeWithinMs,
): Promise<readonly RemovalFailure[]> => {
  const limit = pLimit(removalsAtATime);
  const failures: RemovalFailure[] = [];
  for (const kind of ['container', 'network', 'volume'] as const) {
    await limit.map(
      resources.filter((resource) => resource.kind === kind),
      (resource) =>
        removers[kind](connection, resource, patienceMs).catch(async (error: unknown) => {
          // Others may have removed it at this moment, which each engine says in words of its own.
          if (await isGone(connection, resource)) return;
          failures.push({ resource, error: toRemovalError(connection, resource, error) });
        }),
    );
  }
  const unreachable = failures.find(({ error }) => error.code === errorCodes.dockerUnreachable);
  if (unreachable) throw unreachable.error;
  return failures;
};

/**
 * The same, where all must go.
 *
 * @throws EmulatorError of the first that could not be removed; `networkStuck` only where nothing else failed
 */
export const removeResources = async (...args: Parameters<typeof tryRemoveResources>): Promise<void> => {
  const errors = (await tryRemoveResources(...args)).map(({ error }) => error);
  const first = errors.find((error) => !isStuck(error)) ?? errors[0];
  if (first) throw first;
};

const isStuck = (error: unknown): boolean => hasCode(error, errorCodes.networkStuck);

/** For what goes on beside a network that Docker does not remove before a restart. */
export const ignoreStuck = (error: unknown): void => {
  if (!isStuck(error)) throw error;
};

const toRemovalError = ({ endpoint }: DockerConnection, { kind, name }: Resource, error: unknown): EmulatorError => {
  if (error instanceof EmulatorError || statusOf(error) === null) return toUnreachable(endpoint, error);
  return new EmulatorError(
    kind === 'network' ? errorCodes.networkUnavailable : errorCodes.containerRefused,
    `Failed to remove ${kind} ${name}: ${reasonOf(error)}. Remove it with \`docker ${kind} rm ${kind === 'container' ? '-f ' : ''}${name}\`.`,
    { cause: error },
  );
};

const removeNetwork: Remove = async (connection, { name, session }, patienceMs) => {
  // By its name: by its ID Podman removes it under containers that use it.
  const network = connection.docker.getNetwork(name);
  if (session.ownerContainer !== null) {
    // Where the emulator was killed, its container has ended and does not hold the network, but could not start without.
    const Container = containerOf(session.ownerContainer);
    await network.disconnect({ Container, Force: true }).catch(() => undefined);
  }
  let usedAt = performance.now();
  const makeRoom = async (): Promise<void> => {
    const users = await findUsers(connection, name);
    if (users.size > 0) usedAt = performance.now();
    else if (performance.now() - usedAt > Math.min(miscountedAfterMs, patienceMs / 5)) throw toStuck(name);
    await disconnectAll(network, users);
  };
  await whileInUse(isNetworkInUse, patienceMs, () => network.remove(), makeRoom);
};

/** Docker 20.10 loses count of a network's endpoints where containers start and end at the same time. */
const toStuck = (name: string): EmulatorError =>
  new EmulatorError(
    errorCodes.networkStuck,
    `Failed to remove network ${name}: Docker counts endpoints in it, and no container uses it. Restart Docker, then run \`cycle-scheduler prune\`.`,
  );

type Remove = (connection: DockerConnection, resource: Resource, patienceMs: number) => Promise<void>;

const removers: Readonly<Record<Resource['kind'], Remove>> = {
  container: (connection, { dockerId }) => removeContainer(connection, dockerId),
  network: removeNetwork,
  volume: ({ docker }, { name }, patienceMs) =>
    whileInUse(
      (error) => statusOf(error) === 409,
      patienceMs,
      () => docker.getVolume(name).remove(),
    ),
};

const isGone = async ({ docker }: DockerConnection, { kind, dockerId, name }: Resource): Promise<boolean> => {
  const found = {
    container: () => docker.getContainer(dockerId).inspect(),
    network: () => docker.getNetwork(name).inspect(),
    volume: () => docker.getVolume(name).inspect(),
  };
  return (await found[kind]().catch(statusOf)) === 404;
};

/** Tries again while containers that are being removed use it: the engine does not say when that is done. */
const whileInUse = async (
  isInUse: (error: unknown) => boolean,
  patienceMs: number,
  remove: () => Promise<unknown>,
  makeRoom: () => Promise<void> = () => Promise.resolve(),
): Promise<void> => {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      await remove().catch(ignoreStatus(404));
      return;
    } catch (error) {
      if (!isInUse(error)) throw error;
      await makeRoom();
      if (performance.now() > deadline) throw error;
      await pause(100);
    }
  }
};

/** Those that stay in a network are taken off it: by itself each may have left meanwhile, as the next removal shows. */
const disconnectAll = async (network: Network, users: ReadonlyMap<string, string>): Promise<void> => {
  const disconnect = (Container: string) => network.disconnect({ Container, Force: true });
  for (const [id, containerName] of users) {
    // What a container that is gone has left in it answers to that container's name alone.
    await disconnect(id)
      .catch(() => disconnect(containerName))
      .catch(() => undefined);
  }
};

/** What has a place in the network: container IDs, or of one that is gone the endpoint's, with container names. */
const findUsers = async ({ docker }: DockerConnection, name: string): Promise<ReadonlyMap<string, string>> => {
  const inspected = (await docker.getNetwork(name).inspect().catch(ignoreStatus(404))) as
    | NetworkInspectInfo
    | undefined;
  // Podman counts those that do not run, too, and shows them only here.
  const listed = await docker.listContainers({ all: true, filters: { network: [name] } });
  return new Map([
    ...Object.entries(inspected?.Containers ?? {}).map(([id, { Name }]) => [id, Name] as const),
    ...listed.map((container) => [container.Id, nameOf(container)] as const),
  ]);
};
