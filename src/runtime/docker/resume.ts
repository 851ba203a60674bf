import type { ContainerInspectInfo } from 'dockerode';
import pLimit from 'p-limit';
import type { InstanceId } from '../../shared/ids.ts';
import type { ResumedRun, ResumeRequest } from '../port.ts';
import { programPath } from './containers/create-options.ts';
import { launcherGreeting, launcherPrefix } from './containers/hot-container.ts';
import { InstanceContainer } from './containers/instance-container.ts';
import type { SessionContainers } from './containers/session-containers.ts';
import type { DockerConnection } from './engine/connection.ts';
import { discardContainer, inspectContainer, listContainers } from './engine/container-api.ts';
import { isDiscarded, isKept, labels, type Session } from './engine/labels.ts';
import { readLog } from './engine/output.ts';
import type { Sandboxes } from './readiness/sandboxes.ts';
import { ignoreStuck, listResources, removeResources } from './session/session-resources.ts';

/** How long a launcher may take to notice that its emulator is gone. It does at once, but where a network is cut. */
const launcherEndsWithinMs = 5_000;

/** A pool of thousands is not asked for all at once. */
const inspectionsAtATime = 8;

type Found = { readonly container: ContainerInspectInfo; readonly isLaunched: boolean };

/**
 * Takes over what earlier processes of the session have begun and removes the rest of what they left: what was only
 * made in advance, what waits behind the launcher for an emulator that is gone, networks of other environments. The
 * volume of the launcher stays: functions that run have it mounted.
 */
export const resumeRuns = async (
  containers: SessionContainers,
  sandboxes: Sandboxes,
  wanted: readonly ResumeRequest[],
): Promise<ReadonlyMap<InstanceId, ResumedRun>> => {
  const { connection, session, networks } = containers.context;
  const runs = new Map<InstanceId, ResumedRun>();
  const resumed = new Set<string>();
  const found = await findContainers(connection, session);
  for (const request of wanted) {
    const run = await findRun(connection, request, found.get(request.spec.instanceId) ?? []);
    if (run === null) continue;
    const [, joined = null] = /^container:(.+)$/.exec(run.container.HostConfig.NetworkMode ?? '') ?? [];
    const sandbox = joined === null ? null : sandboxes.resume(request.spec, joined);
    if (sandbox !== null) resumed.add(sandbox.dockerId);
    const container = new InstanceContainer(request.spec, containers.expect(run.container.Id, sandbox), containers);
    const begun = await container.resume(run.isLaunched ? launcherGreeting : '');
    runs.set(request.spec.instanceId, { container, run: begun });
    resumed.add(run.container.Id);
  }
  // Their claims hold, so a process that takes over while they are removed must not find a run that was killed.
  const unstarted = wanted.filter(({ spec, wasStarted }) => !wasStarted && !runs.has(spec.instanceId));
  await discardAll(connection, session, new Set(unstarted.map(({ spec }) => spec.instanceId)));
  const inUse = new Set((await networks.all()).map(({ name }) => name));
  const rest = (await listResources(connection, session.id)).filter(
    ({ kind, dockerId, name, kept }) => !kept && kind !== 'volume' && !resumed.has(dockerId) && !inUse.has(name),
  );
  await removeResources(connection, rest).catch(ignoreStuck);
  return runs;
};

const discardAll = async (connection: DockerConnection, session: Session, instances: ReadonlySet<string>) => {
  if (instances.size === 0) return;
  for (const { Id, Labels, Names } of await listContainers(connection, session.id)) {
    const [name = ''] = Names;
    if (instances.has(Labels[labels.instance] ?? '') && !isKept(name)) await discardContainer(connection, Id, name);
  }
};

/** Those of each instance that a process was ever started in, the latest start first. */
const findContainers = async (
  connection: DockerConnection,
  session: Session,
): Promise<ReadonlyMap<string, readonly Found[]>> => {
  const listed = (await listContainers(connection, session.id)).filter(
    ({ Names, State }) => State !== 'created' && !Names.some((name) => isKept(name) || isDiscarded(name)),
  );
  const inspected = await pLimit(inspectionsAtATime).map(listed, ({ Id }) => inspectContainer(connection, Id));
  const found = inspected
    .flatMap((container) => (container && wasStarted(container) ? [container] : []))
    .toSorted((one, other) => Date.parse(other.State.StartedAt) - Date.parse(one.State.StartedAt))
    .map((container) => ({
      container,
      isLaunched: [container.Config.Entrypoint].flat()[0] === programPath('launcher'),
    }));
  return Map.groupBy(found, ({ container }) => container.Config.Labels[labels.instance] ?? '');
};

/** The engine gives the year 1 for never. One that is being removed ended before, and was heard of then. */
const wasStarted = ({ State }: ContainerInspectInfo): boolean =>
  Date.parse(State.StartedAt) > 0 && State.Status !== 'created' && State.Status !== 'removing' && !State.Dead;

const findRun = async (
  connection: DockerConnection,
  { spec, wasStarted }: ResumeRequest,
  candidates: readonly Found[],
): Promise<Found | null> => {
  for (const found of candidates) {
    // Where the stack has changed, the address may be planned for another instance.
    if (found.container.Config.Labels[labels.address] !== spec.ipv4) continue;
    if (wasStarted || !found.isLaunched || (await hasLeftTheLauncher(connection, found.container.Id))) return found;
  }
  return null;
};

/**
 * Whether the function has begun: by the first that was printed. A launcher says nothing while it waits, and ends when
 * it notices that its emulator is gone; of a function that has printed much, the greeting may be gone from the log.
 */
const hasLeftTheLauncher = async (connection: DockerConnection, dockerId: string): Promise<boolean> => {
  const waits = AbortSignal.timeout(launcherEndsWithinMs);
  for await (const { data } of readLog(connection, dockerId, { follow: true, signal: waits })) {
    const text = Buffer.from(data).toString();
    return text.startsWith(launcherGreeting) || !text.startsWith(launcherPrefix);
  }
  return false;
};
