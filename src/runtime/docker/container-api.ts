import type { Duplex } from 'node:stream';
import type { ContainerInfo } from 'dockerode';
import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import type { ContainerSpec, Exit } from '../port.ts';
import { hasProcess, innermost, toFailedStartCode } from './answers.ts';
import type { DockerConnection } from './connection.ts';
import { type AttachOptions, attach } from './dial.ts';
import { ignoreStatus, oneLine, reasonOf, statusOf, toUnreachable } from './docker-errors.ts';
import { inspectContainer } from './inspect-container.ts';
import { sessionFilter } from './labels.ts';
import { readLog } from './run-output.ts';

export const listContainers = ({ docker }: DockerConnection, sessionId: string): Promise<ContainerInfo[]> =>
  docker.listContainers({ all: true, filters: sessionFilter(sessionId) });

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

type Verb = 'make' | 'resume' | 'start' | 'run a command in' | 'stop' | 'remove';

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

/** How much of its output the reason of a failed start has. */
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
