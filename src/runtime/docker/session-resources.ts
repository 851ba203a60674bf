import { setTimeout as pause } from 'node:timers/promises';
import pLimit from 'p-limit';
import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import { isNetworkInUse } from './answers.ts';
import type { DockerConnection } from './connection.ts';
import { removeContainer } from './container-api.ts';
import { ignoreStatus, reasonOf, retryOnReset, statusOf, toUnreachable } from './docker-errors.ts';
import { isKept, labels, parseSession, type Session } from './labels.ts';
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

/** All that any session, or the given one alone, has in the engine: containers in every state, then networks, then volumes. */
export const listResources = async ({ docker }: DockerConnection, sessionId?: string): Promise<readonly Resource[]> => {
  const filters = { label: [sessionId === undefined ? labels.session : `${labels.session}=${sessionId}`] };
  const [containers, networks, { Volumes: volumes }] = await Promise.all([
    retryOnReset(() => docker.listContainers({ all: true, filters })),
    retryOnReset(() => docker.listNetworks({ filters })),
    retryOnReset(() => docker.listVolumes({ filters })),
  ]);
  const resources = [
    ...containers.flatMap(({ Id, Names, Labels }) =>
      toResource('container', Id, (Names[0] ?? Id).replace(/^\//, ''), Labels),
    ),
    ...networks.flatMap(({ Id, Name, Labels }) => toResource('network', Id, Name, Labels)),
    // Null where there is none.
    ...(volumes ?? []).flatMap(({ Name, Labels }) => toResource('volume', Name, Name, Labels)),
  ];
  const keeping = new Set(resources.filter(({ name }) => isKept(name)).map(({ session }) => session.id));
  return resources.map((resource) => ({
    ...resource,
    // The engine does not remove a volume that a container has, ended or not.
    kept: isKept(resource.name) || (resource.kind === 'volume' && keeping.has(resource.session.id)),
  }));
};

const toResource = (
  kind: Resource['kind'],
  dockerId: string,
  name: string,
  found: Record<string, string> | undefined,
): readonly Omit<Resource, 'kept'>[] => {
  const session = parseSession(found);
  return session ? [{ kind, dockerId, name, session }] : [];
};

/**
 * Removes containers in any state with their anonymous volumes, then networks and named volumes. What is gone already is fine; what cannot
 * be removed does not keep the rest from it.
 *
 * @param patienceMs for how long something may still be in use by containers that are being removed
 * @throws EmulatorError of the first that could not be removed
 */
export const removeResources = async (
  engine: DockerConnection,
  resources: readonly Resource[],
  patienceMs: number = freeWithinMs,
): Promise<void> => {
  const limit = pLimit(removalsAtATime);
  const failures: EmulatorError[] = [];
  for (const [kind, remove] of removals()) {
    await limit.map(
      resources.filter((resource) => resource.kind === kind),
      (resource) =>
        remove(engine, resource, patienceMs).catch((error: unknown) => {
          failures.push(toRemovalError(engine, resource, error));
        }),
    );
  }
  if (failures[0]) throw failures[0];
};

const removals = (): readonly (readonly [Resource['kind'], Remove])[] => [
  ['container', (engine, { dockerId }) => removeContainer(engine, dockerId)],
  ['network', removeNetwork],
  ['volume', removeVolume],
];

type Remove = (engine: DockerConnection, resource: Resource, patienceMs: number) => Promise<void>;

const toRemovalError = ({ endpoint }: DockerConnection, { kind, name }: Resource, error: unknown): EmulatorError =>
  statusOf(error) === null
    ? toUnreachable(endpoint, error)
    : new EmulatorError(
        kind === 'network' ? errorCodes.networkUnavailable : errorCodes.containerRefused,
        `Failed to remove ${kind} ${name}: ${reasonOf(error)}. Remove it with \`docker ${kind} rm ${kind === 'container' ? '-f ' : ''}${name}\`.`,
        { cause: error },
      );

const removeNetwork: Remove = async (engine, { name, session }, patienceMs) => {
  // By its name: by its ID Podman removes it under containers that use it.
  const network = engine.docker.getNetwork(name);
  if (session.ownerContainer !== null) {
    // Where the emulator was killed, its container has ended and does not hold the network, but could not start without.
    const Container = containerOf(session.ownerContainer);
    await network.disconnect({ Container, Force: true }).catch(() => undefined);
  }
  // Containers have their places in it still. Those that stay are taken off it.
  await whileInUse(
    isNetworkInUse,
    patienceMs,
    () => network.remove(),
    () => disconnectAll(engine, name),
  );
};

const removeVolume: Remove = ({ docker }, { name }, patienceMs) =>
  whileInUse(isVolumeInUse, patienceMs, () => docker.getVolume(name).remove());

const isVolumeInUse = (error: unknown): boolean => statusOf(error) === 409;

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
      await retryOnReset(remove).catch(ignoreStatus(404));
      return;
    } catch (error) {
      if (!isInUse(error) || performance.now() > deadline) throw error;
      await makeRoom();
      await pause(100);
    }
  }
};

const disconnectAll = async ({ docker }: DockerConnection, name: string): Promise<void> => {
  const network = docker.getNetwork(name);
  const { Containers = {} } = (await retryOnReset(() => network.inspect()).catch(ignoreStatus(404))) ?? {};
  // Podman counts those that do not run, too, and shows them only here.
  const filters = { network: [name] };
  const listed = await retryOnReset(() => docker.listContainers({ all: true, filters }));
  for (const Container of new Set([...Object.keys(Containers ?? {}), ...listed.map(({ Id }) => Id)])) {
    // It may have left by itself meanwhile, or be on its way out: the removal itself shows whether there is room now.
    await network.disconnect({ Container, Force: true }).catch(() => undefined);
  }
};
