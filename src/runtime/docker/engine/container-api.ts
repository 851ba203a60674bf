import { Duplex, type Readable } from 'node:stream';
import type { ContainerInfo, ContainerInspectInfo } from 'dockerode';
import { type Clock, pause, systemClock } from '../../../shared/clock.ts';
import { EmulatorError, errorCodes } from '../../../shared/errors.ts';
import type { ContainerSpec, Exit, Run, StopPolicy } from '../../port.ts';
import { type DockerConnection, dial } from './connection.ts';
import { ignoreStatus, oneLine, reasonOf, statusOf, toUnreachable } from './docker-errors.ts';
import { isDiscarded, isKept, sessionFilter, toDiscarded, toKept } from './labels.ts';
import { readLog } from './output.ts';
import { hasProcess, innermost, toFailedStartCode } from './quirks.ts';

export const listContainers = ({ docker }: DockerConnection, sessionId: string): Promise<ContainerInfo[]> =>
  docker.listContainers({ all: true, filters: sessionFilter(sessionId) });

/** Null where it is gone. Of one that goes at this moment Podman answers 500, and 404 when it is asked again. */
export const inspectContainer = async (
  { docker }: DockerConnection,
  dockerId: string,
): Promise<ContainerInspectInfo | null> => {
  const inspect = () => docker.getContainer(dockerId).inspect();
  const again = (error: unknown) => (statusOf(error) === 500 ? inspect() : Promise.reject(error));
  return (await inspect().catch(again).catch(ignoreStatus(404))) ?? null;
};

export type AttachOptions = {
  /** Whether what is written to the stream goes to the process. */
  readonly stdin?: boolean;
};

/**
 * Opens a stream of a container's output from now on, both streams in frames (see `parseFrames`), and to its stdin
 * where that is asked for. Asked before the start, nothing is missed.
 *
 * The client's own `attach` sends its options as a container, too, and Podman hands that to the process
 * (https://github.com/apocas/dockerode/issues/742): here they stand in the query alone.
 *
 * @throws the client's error, as any of its requests
 */
export const attach = async (
  connection: DockerConnection,
  dockerId: string,
  { stdin = false }: AttachOptions = {},
): Promise<Duplex> => {
  const stream = await dial<Readable>(connection, {
    path: `/containers/${dockerId}/attach?`,
    method: 'POST',
    options: { stream: true, stdout: true, stderr: true, ...(stdin ? { stdin } : {}) },
    file: Buffer.alloc(0),
    hijack: true,
    statusCodes: { 101: true, 200: true, 404: 'no such container', 409: 'conflict', 500: 'server error' },
  });
  if (stream instanceof Duplex) return stream;
  // An answer of the ordinary kind: something between here and the engine keeps the connection for itself.
  stream.destroy();
  throw new Error('the engine, or a proxy before it, did not hand over the connection');
};

/** Answers a stream of the container's output that was there before its process. */
export const startAttached = async (
  connection: DockerConnection,
  dockerId: string,
  options?: AttachOptions,
): Promise<Duplex> => {
  const stream = await attach(connection, dockerId, options);
  // One that breaks ends what is read from it.
  stream.on('error', () => {});
  try {
    await connection.docker.getContainer(dockerId).start().catch(ignoreStatus(304));
    return stream;
  } catch (error) {
    stream.destroy();
    throw error;
  }
};

/** A container that has ended (409) or is gone (404) needs no signal. */
export const signalContainer = async (
  { docker }: DockerConnection,
  dockerId: string,
  signal: string,
): Promise<void> => {
  await docker.getContainer(dockerId).kill({ signal }).catch(ignoreStatus(404, 409));
};

/** Sends the first signal, waits for the grace, then kills; answers when the process has ended. */
export const stopRun = async (
  connection: DockerConnection,
  graceClock: Clock,
  { dockerId, exited }: Pick<Run, 'dockerId' | 'exited'>,
  { signals: [signal], graceMs }: StopPolicy,
): Promise<void> => {
  // PARITY: the first signal has the whole grace; what the platform does with further ones is unknown.
  if (signal !== undefined) {
    const ended = new AbortController();
    void exited.then(() => ended.abort());
    // It counts from when the stop was asked for. It is over in real time at the latest: a process does not stand still
    // with a frozen clock.
    const isOver = Promise.race([graceClock, systemClock].map((clock) => pause(clock, graceMs, ended.signal)));
    await signalContainer(connection, dockerId, signal);
    if (!(await isOver)) return;
  }
  await signalContainer(connection, dockerId, 'SIGKILL');
  await exited;
};

/**
 * With its anonymous volumes, running or not. Most have ended or never begun. One that runs the engine refuses to remove
 * without force; it is killed before, for with force alone Podman stops it, and waits for as long as a stop may take.
 */
export const removeContainer = async (connection: DockerConnection, dockerId: string): Promise<void> => {
  const container = connection.docker.getContainer(dockerId);
  try {
    await container.remove({ v: true });
  } catch (error) {
    if (statusOf(error) === null) throw error;
    if (statusOf(error) === 404) return;
    await signalContainer(connection, dockerId, 'SIGKILL');
    // 409: another client is removing it at this moment.
    await container.remove({ force: true, v: true }).catch(ignoreStatus(404, 409));
  }
};

/** Marks a container that is to be removed, and counts as no run in any state: a removal kills first. */
export const discardContainer = async ({ docker }: DockerConnection, dockerId: string, name: string): Promise<void> => {
  if (isDiscarded(name)) return;
  const container = docker.getContainer(dockerId);
  await container.rename({ name: toDiscarded(name) }).catch(ignoreStatus(404));
};

/**
 * Sets a container that has ended aside for a look, with its logs and its files. Answers false where it runs still, or is
 * gone: that is nothing to keep.
 */
export const keepContainer = async (connection: DockerConnection, dockerId: string): Promise<boolean> => {
  const container = connection.docker.getContainer(dockerId);
  const found = await inspectContainer(connection, dockerId);
  if (found === null || hasProcess(found.State.Status)) return false;
  if (!isKept(found.Name)) await container.rename({ name: toKept(found.Name) });
  return true;
};

/** Whether a request was refused because its container is gone; of what the engine misses besides, it says 404, too. */
export const isContainerGone = async (connection: DockerConnection, dockerId: string, error: unknown) =>
  statusOf(error) === 404 && (await inspectContainer(connection, dockerId)) === null;

/** Nothing shows any more how it ended. */
export const unknownExit: Exit = { code: null, outOfMemory: false };

/** How an ended container did so. The end of one that is gone is unknown, as is that of one that still runs. */
export const loadExit = async (connection: DockerConnection, dockerId: string): Promise<Exit> => {
  const found = await inspectContainer(connection, dockerId);
  if (found === null || hasProcess(found.State.Status)) return unknownExit;
  return { code: found.State.ExitCode, outOfMemory: found.State.OOMKilled };
};

/** Host port by container port. Empty once the process has ended. */
export const loadPublishedPorts = async (
  { docker }: DockerConnection,
  dockerId: string,
  { publishedPorts }: ContainerSpec,
): Promise<Readonly<Record<number, number>>> => {
  if (publishedPorts.length === 0) return {};
  const { NetworkSettings } = await docker.getContainer(dockerId).inspect();
  const bindings = Object.entries(NetworkSettings.Ports ?? {}).flatMap(([port, hosts]) => {
    const hostPort = hosts?.[0]?.HostPort;
    return hostPort ? [[Number.parseInt(port, 10), Number(hostPort)] as const] : [];
  });
  return Object.fromEntries(bindings);
};

const remedies: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [/no such image/i, 'Make the image available again (`docker pull` or `docker build`), or restart the emulator'],
  [
    /executable file not found|no such file or directory|is a directory/,
    "Check the function's command, and that its image has it",
  ],
  [/permission denied/, 'Make the command executable in the image'],
  [/argument list too long/, 'Pass less in the environment variables'],
];

export type Verb = 'make' | 'resume' | 'start' | 'run a command in' | 'stop' | 'remove';

/** Why the engine would not do something with a container, in one line and in its own words. */
export const toRefusal = ({ endpoint }: DockerConnection, verb: Verb, name: string, error: unknown): EmulatorError => {
  if (error instanceof EmulatorError) return error;
  if (statusOf(error) === null) return toUnreachable(endpoint, error);
  return refuse(verb, name, innermost(reasonOf(error)), error);
};

/** The one error for something that cannot be done with a container, and what to do about it. */
export const refuse = (verb: Verb, name: string, reason: string, cause?: unknown): EmulatorError => {
  const remedy = remedies.find(([pattern]) => pattern.test(reason))?.[1] ?? "Check the function's configuration";
  const message = `Failed to ${verb} container ${name}: ${reason}. ${remedy}.`;
  return new EmulatorError(errorCodes.containerRefused, message, { cause });
};

const lastLinesCount = 20;

/** Why a container did not start: the engine's reason, and what it keeps of the attempt. */
export const toFailedStart = async (
  connection: DockerConnection,
  dockerId: string,
  name: string,
  error: unknown,
): Promise<EmulatorError> => {
  if (statusOf(error) === null) return toUnreachable(connection.endpoint, error);
  const { code, outOfMemory } = await loadExit(connection, dockerId).catch(() => unknownExit);
  const reason = innermost(reasonOf(error));
  const lines = await loadLastLines(connection, dockerId);
  const end = describeEnd({ code: code || toFailedStartCode(reason), outOfMemory }, lines);
  return refuse('start', name, `${reason}${end}`, error);
};

/** An end as the last words of a reason; empty where nothing is known. */
export const describeEnd = ({ code, outOfMemory }: Exit, lastLines: readonly string[] = []): string => {
  const facts = [
    ...(code === null || code === 0 ? [] : [`exit code ${code}`]),
    ...(outOfMemory ? ['out of memory'] : []),
    ...(lastLines.length === 0 ? [] : [`last output: ${lastLines.map(oneLine).join(' | ')}`]),
  ];
  return facts.length === 0 ? '' : ` (${facts.join(', ')})`;
};

const loadLastLines = async (connection: DockerConnection, dockerId: string): Promise<readonly string[]> => {
  const decoder = new TextDecoder();
  let text = '';
  // It has ended, or never begun: the output ends, too.
  for await (const { data } of readLog(connection, dockerId)) text += decoder.decode(data, { stream: true });
  return text.trim() === '' ? [] : text.trimEnd().split('\n').slice(-lastLinesCount);
};

/** The process's argument list as the engine would make it of the spec and the image, for what takes it whole. */
export const loadCommandLine = async (
  { docker }: DockerConnection,
  { image, command }: ContainerSpec,
): Promise<readonly string[]> => {
  if (command !== null && command.path !== null) return [command.path, ...command.args];
  const { Config } = await docker.getImage(image).inspect();
  const entrypoint = [Config.Entrypoint ?? []].flat();
  const args = command === null || command.args.length === 0 ? (Config.Cmd ?? []) : command.args;
  return [...entrypoint, ...args];
};
